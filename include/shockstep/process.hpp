/// The noising process, seen from the canonical frame.
///
/// Inside, every process is variance exploding: x = x0 + sigma n, integrated in lam = -ln sigma from sigma_max down
/// to sigma_min. Any process x_t = alpha x0 + s n maps to it by xhat = x/alpha, sigma = s/alpha; a process therefore
/// is the range in sigma plus the native time and the alpha that belong to each sigma.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace shockstep {

/// A process in functions of sigma = s/alpha, in the range of its integration. All that follow are made of it, and one of
/// your own is: as it stands, or as a struct of which process_functions() in its namespace makes this.
struct ProcessFunctions {
  std::string kind = "own";                             ///< its name in configs, logs and files
  double sigma_min = 0;                                 ///< end of the integration, data units, positive
  double sigma_max = 0;                                 ///< start of the integration, data units, above sigma_min
  std::function<double(double sigma)> time = nullptr;   ///< native time: finite, rises or falls with sigma throughout
  std::function<double(double sigma)> alpha = nullptr;  ///< factor on the data: finite, positive
  /// What the schedule `linear` is uniform in, as the time must be; none: the time.
  std::function<double(double sigma)> clock = nullptr;
  int steps = 0;  ///< entries of its table, whose fractional index its time is; 0: time is continuous
};

/// Variance exploding (also EDM): alpha = 1 and the native time is sigma itself. Song et al. 2021, Karras et al. 2022
/// (arXiv 2206.00364), whose range the default is, for data of standard deviation .5.
struct VarianceExploding {
  double sigma_min = 0.002;  ///< end of the integration, data units, positive
  double sigma_max = 80;     ///< start of the integration, data units, above sigma_min
};

// Of all that follow, sigma_min and sigma_max are s/alpha, and 0 stands for the process's own end: where it is
// singular, a time near it.

/// Variance preserving, alpha^2 + s^2 = 1, with beta(t) = beta_min + t (beta_max - beta_min) for t from 0 to 1:
/// ln alpha = -1/2 int_0^t beta. Song et al. 2021 (arXiv 2011.13456), appendix C. Own range: t = 1 to 1e-3.
struct VpLinear {
  double beta_min = .1;  ///< beta at t = 0; 0 <= beta_min <= beta_max
  double beta_max = 20;  ///< beta at t = 1; positive
  double sigma_min = 0;  ///< end of the range, s/alpha, data units; 0: at t = 1e-3, .0105 with these betas
  double sigma_max = 0;  ///< start of the range, s/alpha, data units; 0: at t = 1, the most: 152 with these betas
};

/// The same alpha with s = 1 - alpha^2. Song et al. 2021, appendix C.
struct SubVp {
  double beta_min = .1;  ///< beta at t = 0, as of VpLinear
  double beta_max = 20;  ///< beta at t = 1, as of VpLinear
  double sigma_min = 0;  ///< end of the range, s/alpha, data units; 0: at t = 1e-3, 1.1e-4 with these betas
  double sigma_max = 0;  ///< start of the range, s/alpha, data units; 0: at t = 1, the most: 152 with these betas
};

/// Variance preserving, alpha(t) = cos((t + s)/(1 + s) pi/2)/cos(s/(1 + s) pi/2). Nichol & Dhariwal 2021
/// (arXiv 2102.09672), eq. 17. alpha(1) = 0: own range t = .9946, as in DPM-Solver (arXiv 2206.00927), to 1e-3.
struct VpCosine {
  double s = .008;       ///< offset of the angle, which keeps beta from vanishing at t = 0; 0 <= s < 1
  double sigma_min = 0;  ///< end of the range, s/alpha, data units; 0: at t = 1e-3, .0064 with this s
  double sigma_max = 0;  ///< start of the range, s/alpha, data units; 0: at t = .9946, 119 with this s
};

/// Flow matching, rectified flow: alpha = 1 - t, s = t with data at t = 0 (Stable Diffusion 3, diffusers); alpha = t,
/// s = 1 - t with data at t = 1 (Lipman et al. 2023, arXiv 2210.02747). Own range: .999 to .001 of noise.
struct FlowMatching {
  int data_at = 0;  ///< 0 or 1
  /// Moves grids that are uniform in time towards the noise: their share of noise is w = shift u/(1 + (shift - 1) u)
  /// for u uniform (Esser et al. 2024, arXiv 2403.03206, eq. 23). The time that a network is told is not touched by
  /// it. Positive.
  double shift = 1;
  double sigma_min = 0;  ///< end of the range, s/alpha, data units; 0: 1/999, a share of noise of .001
  double sigma_max = 0;  ///< start of the range, s/alpha, data units; 0: 999, a share of noise of .999
};

/// Variance preserving in discrete steps: entry j is alpha^2 at index j + index_offset, and the native time is that
/// index, between the entries linear in ln sigma. Entries with alpha = 0 or 1 are left out of the own range.
struct VpTable {
  std::vector<double> alphas_cumprod{};  ///< descending, from 1 down to 0; at least two inside
  double index_offset = 0;               ///< index of the first entry, as the network counts
  double sigma_min = 0;                  ///< end of the range, s/alpha, data units; 0: the first entry's, the least
  double sigma_max = 0;                  ///< start of the range, s/alpha, data units; 0: the last entry's, the most
  std::string kind = "table";            ///< what it is called in logs and files: table, vp_linear or vp_cosine
};

/// What the betas of a table are evenly spaced in.
enum class BetaSpacing {
  linear,         ///< beta
  scaled_linear,  ///< sqrt beta, as in latent diffusion (Rombach et al. 2022)
};
/// alphas_cumprod_j = prod_{i <= j} (1 - beta_i), with `steps` betas evenly spaced: the table of DDPM (Ho et al. 2020,
/// arXiv 2006.11239). Throws ConfigError unless 0 < beta_start <= beta_end < 1 and steps >= 2.
VpTable linear_table(double beta_start = 1e-4, double beta_end = .02, int steps = 1000,
                     BetaSpacing spacing = BetaSpacing::linear);
/// The table of VpCosine, beta = 1 - alpha^2(t_{j+1})/alpha^2(t_j) and at most .999 (Nichol & Dhariwal 2021). Throws
/// ConfigError unless 0 <= s < 1 and steps >= 2.
VpTable cosine_table(double s = .008, int steps = 1000);

/// Native times between which a process is taken, whichever of them has the noise.
struct TimeRange {
  double t_min;  ///< the least; noise/alpha is positive there
  double t_max;  ///< the largest, above t_min; alpha is positive there
};

/// A process in functions of its native time, as papers and training scripts have it: x_t = alpha(t) x0 + noise(t) n. Its
/// sigma = noise/alpha rises or falls with t throughout; time is found from sigma by a root search.
struct FunctionsOfTime {
  std::function<double(double t)> alpha = nullptr;  ///< factor on the data: finite, positive in the range
  std::function<double(double t)> noise = nullptr;  ///< factor on the noise: finite, positive in the range
  TimeRange range{};                                ///< where both are taken
  double sigma_min = 0;  ///< end of the range, s/alpha, data units; 0: the least of the times
  double sigma_max = 0;  ///< start of the range, s/alpha, data units; 0: the most of the times
};

// Throw ConfigError "process.key" for an empty range, one that the process does not reach, and parameters that cannot be.
ProcessFunctions process_functions(const VarianceExploding& ve);  ///< ve
ProcessFunctions process_functions(const VpLinear& vp);           ///< vp_linear, in continuous time
ProcessFunctions process_functions(const SubVp& vp);              ///< sub_vp
ProcessFunctions process_functions(const VpCosine& vp);           ///< vp_cosine, in continuous time
ProcessFunctions process_functions(const FlowMatching& flow);     ///< flow
ProcessFunctions process_functions(const VpTable& table);         ///< its kind; time is an index
/// functions; the two must bear calls from several threads at once. Throws besides, for functions that are not positive or
/// whose quotient jumps or turns round, and says at which time.
ProcessFunctions process_functions(const FunctionsOfTime& functions);

/// What process_functions() understands, found beside the type as well.
template <class T>
concept ProcessDefinition = requires(const T& definition) {
  { process_functions(definition) } -> std::same_as<ProcessFunctions>;
};

/// A process as the engine uses it.
class Process {
 public:
  // NOLINTBEGIN(google-explicit-constructor): each of these is a process
  /// Throws ConfigError "process.key" for a function that is missing, an empty range, and, where the functions are tried
  /// in the range, a time or clock that is not finite or turns round, and an alpha that is not positive.
  Process(ProcessFunctions functions);
  /// Throws what process_functions() throws besides.
  template <ProcessDefinition Definition>
  Process(const Definition& definition) : Process(process_functions(definition)) {}
  // NOLINTEND(google-explicit-constructor)

  /// Of FunctionsOfTime, whose range in sigma is that of the times. Throws as its process_functions() does.
  static Process from(std::function<double(double t)> alpha, std::function<double(double t)> noise, TimeRange range) {
    return FunctionsOfTime{.alpha = std::move(alpha), .noise = std::move(noise), .range = range};
  }

  const std::string& kind() const { return of_.kind; }  ///< its name in configs, logs and files
  double sigma_min() const { return of_.sigma_min; }    ///< end of the integration, s/alpha, data units; positive
  double sigma_max() const { return of_.sigma_max; }    ///< start of the integration, s/alpha, data units
  double lam_begin() const;                             ///< -ln sigma_max
  double lam_end() const;                               ///< -ln sigma_min, larger than lam_begin

  /// Native time of the process at noise level sigma, monotone in it; of a table the fractional index.
  double time(double sigma) const { return of_.time(sigma); }
  /// Factor on the data at noise level sigma; 1 where the native frame is the canonical one.
  double alpha(double sigma) const { return of_.alpha(sigma); }
  /// What the schedule `linear` is uniform in: the native time, but for the shift of a flow.
  double clock(double sigma) const { return of_.clock ? of_.clock(sigma) : of_.time(sigma); }
  /// Entries of its table; 0 where time is continuous.
  int steps() const { return of_.steps; }

 private:
  ProcessFunctions of_;
};

}  // namespace shockstep
