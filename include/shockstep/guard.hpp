/// The amplification guard: what it is set to, and the profile that a pilot measures for it.
///
/// Errors obey d ln|delta|/dlam = J - 1, J = lambda_max(dD/dx); inside a mode interface J > 1 and they grow. The guard
/// (1) divides the tolerance at lam by a high quantile of the remaining gain G(lam) = exp int_lam^end (J - 1),
/// (2) caps steps at the pilot's typical length, (3) scores each path by its own bursts of dD/dlam, free of charge, and
/// (4) repeats the few trajectories with the highest scores with a tighter tolerance.
#pragma once

#include <shockstep/controller.hpp>
#include <shockstep/method.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace shockstep {

/// A setting that the pilot may decide.
enum class Switch {
  automatic,  ///< as the pilot found it worth
  on,         ///< whatever the pilot found
  off,        ///< whatever the pilot found
};

/// Number of the first trajectory of a network on which events are sought.
inline constexpr std::int64_t first_measured = 127;
/// And from there on each so many.
inline constexpr std::int64_t measured_every = 128;

/// What is asked of the guard. Of adaptive steps of the ODE only: grids and the reverse SDE have none.
struct GuardOptions {
  bool enabled = true;  ///< off: no profile but plan or default, and no events
  /// auto: a pilot for exact models, plan for networks. plan: the step lengths that suit most models (docs/plan.md), of the multistep;
  /// of other methods shipped. shipped: that which ships beside a network, else default; a pilot for exact models. default: tolerance weighted by
  /// 1 + sigma/data_std, no cap, no redo. pilot: measure now; of a network with the multistep its errors on the plan alone, with at most
  /// 500 evaluations, unless redo: on or a quantile ask for more. full: measure all of the guard on a network too, with thousands of them.
  /// Anything else: a profile file, or the summary.json of a run that measured one.
  std::string profile = "auto";
  /// The quantile of ln G over the pilot's rows, in (0, 1). 0: the pilot takes .97, or .9 for step tolerances below a thousandth of
  /// data_std, where the few most critical trajectories no longer carry the error.
  double quantile = 0;
  Switch redo = Switch::automatic;  ///< automatic: on where the pilot's errors are explained by the score
  bool events = true;  ///< measure and log speciation events (costs probes on the trajectories that have them)
  /// Seek events on all trajectories, all along them. Else of a network, where most have some and half of all evaluations would go into
  /// them, on every 128th, those numbered 127, 255 and so on; of exact models on all, at the bursts of their paths alone.
  bool measure_all = false;
};

/// A function of lam on a uniform grid, linear between nodes, constant beyond the ends. Empty: zero everywhere.
struct LamTable {
  double begin = 0;            ///< lam of the first value
  double end = 0;              ///< lam of the last one, above `begin`
  std::vector<double> values;  ///< in equal steps from `begin` to `end`

  /// The value at lam.
  double operator()(double lam) const;
  /// Whether there are no values, which stands for a table that was not measured.
  bool empty() const { return values.empty(); }
};

/// Largest error allowed in a step at sigma where no pilot has measured what becomes of it: tol (1 + sigma/data_std), since an
/// early error shrinks with sigma before it lands; no less than what rounding makes of a step. Data units.
double weighted_tolerance(double tol, double sigma, double data_std);

/// How steps are made and what they are held to: what holds of all trajectories of their own steps, with a guard or without.
struct StepSettings {
  Method method = Method::multistep;  ///< that makes them
  int order = 3;  ///< of the multistep's predictor, 1 to max_multistep_order; 0: each trajectory chooses, step by step
  double warp = 0;                 ///< values are interpolated in asinh(warp/sigma), data units; 0: in lam
  double scale = 0;                ///< above 0: the multistep interpolates F with this scale, data units, in place of D
  double step_tolerance = 0;       ///< the bound on the weighted error of a step, data units
  double data_std = 1;             ///< scale in the default weight 1 + sigma/data_std: the model's, or measured
  double first_step = usual_step;  ///< in lam
};

/// Step settings that a pilot chose and what it measured for them, for one model, range and tolerance.
struct GuardProfile : StepSettings {
  std::string source = "default";  ///< default, plan, pilot (full, too), or the file it was read from
  std::string conditioning = {};   ///< ScoreModel::conditioning() of the model it was measured on
  int max_evaluations = 0;         ///< per trajectory, of the rehearsals; 0: none were made
  double tolerance = 0;            ///< error of a finished sample that 97 % stay below; 0: not calibrated. Data units
  double quantile = 0;             ///< which one `log_gain` is, of ln G over the pilot's rows
  LamTable log_gain{};             ///< ln G_q(lam); empty: the default weight
  LamTable cap{};                  ///< longest step from lam, in lam; empty: none
  bool paced = false;              ///< steps are few: the controller measures them in `cap`, which is not empty
  bool steady = false;             ///< steps are as long as `cap` says but where one is rejected
  LamTable largest_J{};  ///< largest lambda_max(dD/dx) any pilot row had near lam: no events are sought below 1
  double threshold = std::numeric_limits<double>::infinity();  ///< T: score above which a trajectory is repeated
  bool redo = false;                                           ///< repeat those above the threshold
  double explained = 0;  ///< corr(ln S, ln e) std(ln e) over pilot rows: what a redo could gain
  /// error_estimate = calibration (P (S/T)^3)^predictor_power with P = sqrt sum (err_n G_q)^2 over the steps: the conformal 97 %
  /// quantile of the pilot's true errors over that predictor, margin included (docs/guard.md). NaN: unknown.
  double calibration = std::numeric_limits<double>::quiet_NaN();
  double predictor_power = 1;  ///< error_estimate goes with this power of P (S/T)^3
  double least_estimate = 0;   ///< error_estimate is no less: of a network that is rough in time. Data units
  /// Data units: 97 % of errors stay below, margin included; above `tolerance` where max_evaluations does not allow
  /// more. NaN: unknown.
  double high_error = std::numeric_limits<double>::quiet_NaN();
  std::int64_t evaluations = 0;  ///< model evaluations the pilot took

  /// Largest error allowed in a step that ends at lam, for the tolerance `tol`: tol / G_q(lam), or
  /// tol (1 + sigma/data_std), data units; no less than what rounding makes of a step.
  double allowed(double tol, double lam) const { return allowed(tol, lam, std::exp(-lam)); }
  double allowed(double tol, double lam, double sigma) const;  ///< the same where sigma = e^-lam is at hand
};

/// JSON text of a profile, `source` included; what is infinite or NaN is null.
std::string to_json(const GuardProfile& profile);
/// The profile of such a text, or of the summary.json of a run; its `source` is `path`. Throws FileError (with
/// `path`) if the text is no profile.
GuardProfile guard_profile_from_json(const std::string& text, const std::string& path);

/// The profiles that ship beside a model, in models/NAME.guard.json, and what tells that the model is the same.
struct ShippedProfiles {
  std::uint32_t model_crc32 = 0;       ///< of the model's file, all its bytes
  std::vector<GuardProfile> profiles;  ///< a run takes the one of the largest tolerance up to its own that fits it
};
/// Reads the text of such a file. Throws FileError (with `path`) if the text holds no such profiles.
ShippedProfiles shipped_profiles_from_json(const std::string& text, const std::string& path);

}  // namespace shockstep
