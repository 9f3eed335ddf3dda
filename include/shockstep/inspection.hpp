/// What shockstep::inspect (inspect.hpp) found: numbers only. docs/inspect.md defines each and says what it cannot see.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/result.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace shockstep {

/// Of `count` numbers; NaN where there are none.
struct Quantiles {
  std::int64_t count = 0;
  double q05 = std::numeric_limits<double>::quiet_NaN(), q25 = q05, q50 = q05, q75 = q05, q95 = q05;
};

/// Where the trajectories decide and how much errors grow there.
struct SpeciationSection {
  std::int64_t evaluations = 0;             ///< pilot included
  std::vector<TrajectoryReport> reports{};  ///< one a trajectory, in order
  std::int64_t with_event = 0;              ///< trajectories that passed an interface
  std::int64_t open = 0;                    ///< interfaces that are still open at sigma_min
  Quantiles enter{}, speciation{}, exit{};  ///< sigma of these events
  Quantiles bracket{};                      ///< ln(sigma_high/sigma_low) of the speciations
  Quantiles exponent{};                     ///< of trajectories that have events
  GuardProfile profile{};                   ///< the guard's, whose log_gain is the amplification
};

/// An eigenvalue of the data's covariance and when the spectral criterion has trajectories decide along it.
struct SpectralLine {
  double eigenvalue = 0;  ///< Lambda, data units squared
  double sigma = 0;       ///< sqrt(Lambda): signal equals noise along it
  double vp_time = 0;     ///< (1/2) ln Lambda in the clock alpha = e^-t; NaN for Lambda < 1
  double vp_sigma = 0;    ///< sqrt(Lambda - 1), the noise level at that time; NaN for Lambda < 1
  Quantiles measured{};   ///< sigma of the speciations whose direction has its largest component along it
  double along = 0;       ///< mean square of that component; NaN where there are none
};
struct SpectralSection {
  std::string source{};               ///< data or samples
  std::int64_t rows = 0;              ///< the covariance is of
  double total = 0;                   ///< trace of the covariance, data units squared
  std::vector<SpectralLine> lines{};  ///< leading eigenvalues, descending
};

/// The modes that trajectories end in.
struct ClusterSection {
  std::string source{};                                               ///< components, labels or k-means
  std::vector<double> means{};                                        ///< [K, d], data units
  std::vector<std::int64_t> sizes{};                                  ///< of the samples, [K]
  std::vector<int> of_sample{};                                       ///< [count]; -1 where the sample is not finite
  double silhouette = std::numeric_limits<double>::quiet_NaN();       ///< mean, 0 to 1; k-means only
  double silhouette_null = std::numeric_limits<double>::quiet_NaN();  ///< of as many clusters in one Gaussian
  std::int64_t count() const { return static_cast<std::int64_t>(sizes.size()); }
};

/// When two clusters' trajectories part.
struct PairCommitment {
  int a = 0, b = 0;
  double distance = 0;  ///< of the means, data units
  double opens = 0;     ///< sigma where a symmetric pair of that distance and width opens its interface; 0: never
  Quantiles sigma{};    ///< of the trajectories of both, where they commit against the other
  std::int64_t from_start = 0;  ///< lean so at sigma_max already, not in `sigma`
  std::int64_t between = 0;     ///< end between the two means, nearer than three to one
};
struct CommitmentSection {
  std::int64_t evaluations = 0;
  std::vector<double> sigmas{};         ///< nodes, descending
  std::vector<int> cluster{};           ///< of each trajectory's end
  std::vector<double> sigma{};          ///< where it commits against all others, at most sigma_max; NaN: it ends on the border
  std::int64_t between = 0;             ///< trajectories that end between means, nearer than three to one to some other
  std::vector<Quantiles> of_cluster{};  ///< the same by cluster, without those that lean so at sigma_max already
  std::vector<std::vector<double>> committed{};  ///< share of each cluster's trajectories that have, at each node
  std::vector<PairCommitment> pairs{};
  std::int64_t moved = 0;  ///< trajectories that end in another cluster than the adaptive run's
};

enum class Verdict { fine, rough, not_a_score };
inline const char* name(Verdict verdict) {
  return verdict == Verdict::fine ? "fine" : verdict == Verdict::rough ? "rough" : "not a score";
}

/// One property at one noise level: what was found, and what an exact mixture shows through the same differences.
struct HealthFigure {
  double found = 0, exact = 0;
  Verdict verdict = Verdict::fine;
};
struct HealthLevel {
  double sigma = 0;
  HealthFigure curl{};      ///< |J - J^T|/|J|, Frobenius norms: 0 for a gradient, 2 for a rotation
  HealthFigure residual{};  ///< of the equation of a score, over the size of its terms: 0, or 1 for no relation
  HealthFigure entropy{};   ///< smallest lambda_min of (J + J^T)/2: not below 0 for a score
};
struct HealthSection {
  std::int64_t evaluations = 0;       ///< of the model; the mixture's are not counted
  std::int64_t rows = 0;              ///< states a level
  int directions = 0;                 ///< of the differences; 0: all coordinates
  double step = 0;                    ///< of the differences in x over sigma
  std::vector<HealthLevel> levels{};  ///< sigma descending
  Verdict verdict = Verdict::fine;
  std::string reason{};
};

/// Eigenvalues of dD/dx along a trajectory.
struct SpectrumRow {
  std::int64_t trajectory = 0;
  double sigma = 0;
  std::vector<double> eigenvalues{};  ///< of the symmetric part, descending; the leading ones in many dimensions
  std::int64_t dimension = 0;         ///< how many are above 1/2
  double trace = 0;                   ///< NaN where only the leading ones are known
};
struct SpectrumSection {
  std::int64_t evaluations = 0;
  bool complete = true;  ///< all eigenvalues; else the leading ones, and dimension is a lower bound
  std::vector<SpectrumRow> rows{};
};

/// s.n along a line across an interface, and the tanh profile fitted to it.
struct InterfaceProfile {
  std::int64_t trajectory = 0;
  double sigma = 0;
  std::vector<double> at{}, score{},
      background{};                 ///< distance along the line from the centre, s.n, the fit's straight part
  double width = 0, amplitude = 0;  ///< of amplitude tanh(distance/width), fitted
  double slope = 0;                 ///< d(s.n)/d(distance) at the centre, measured
  double width_local = 0, amplitude_local = 0;  ///< 2/|grad phi| and |grad phi|/2, from slope less the background's
  double residual = 0;                          ///< rms of the fit's error over the amplitude
};
struct InterfaceSection {
  std::int64_t evaluations = 0;
  std::int64_t tried = 0;  ///< events whose lines were looked at
  std::vector<InterfaceProfile> profiles{};
  std::string why{};  ///< there is none
};

struct ProductSection {
  std::int64_t evaluations = 0;
  std::vector<double> sigmas{};                  ///< descending
  std::vector<std::vector<double>> explained{};  ///< [states visited at sigma_k][sigma]: share of |s|^2
  double mean = 0, smallest = 0;                 ///< over all of these
};

/// Where the dynamics dx/dT = f of a score f(x)/sigma^p stand still.
struct StationaryPoint {
  std::vector<double> at{};     ///< [d], data units
  std::string kind{};           ///< stable, saddle, source, or degenerate: an eigenvalue of no clear sign
  std::vector<double> rates{};  ///< real parts of the eigenvalues of df/dx, descending, 1/T
  std::int64_t unstable = 0;    ///< how many of them are positive
  double turning = 0;           ///< largest imaginary part; 0 for a gradient
  std::int64_t ends = 0;        ///< trajectories that settled here
  double rate = std::numeric_limits<double>::quiet_NaN();  ///< of the flow's approach, measured; should be rates[0]. Stable ones only
  std::vector<double> times{}, distances{};                ///< of that approach: T, data units along the slowest direction
};
struct StationarySection {
  std::int64_t evaluations = 0;           ///< those of the flow included
  double sigma = 0, power = 0;            ///< of the field
  double duration = 0;                    ///< the clock T at sigma_min
  std::int64_t starts = 0;                ///< of Newton's method
  std::vector<StationaryPoint> points{};  ///< stable ones first, largest basin first
  std::vector<int> basin{};               ///< point that each trajectory settled on, an index of points; -1: none
  std::int64_t unsettled = 0;             ///< trajectories that are still on their way at sigma_min
  int index_sum = 0;  ///< points that repel in an even number of directions less the others: 1 if f points inwards far away
  std::string why{};  ///< none were sought
};

struct TrainingRow {
  std::int64_t sample = 0, nearest = 0;  ///< row of the data
  double distance = 0, second = 0;       ///< to the nearest and second nearest, data units
  double p = 0;                          ///< (distance/second)^dimension
  bool memorised = false;
};
struct TrainingSection {
  std::int64_t points = 0, held_out = 0;
  bool split = false;    ///< held out was the second half of the data
  double dimension = 0;  ///< of the data near the held-out points (TwoNN)
  double level = 0;      ///< p below which a sample is memorised
  std::int64_t memorised = 0;
  Quantiles samples{}, held{};  ///< distance to the nearest point of those that held-out points are compared with
  double nearer = 0;            ///< probability that a sample is nearer than a held-out point
  std::vector<TrainingRow> rows{};
};

struct Inspection {
  bool complete = true;  ///< false: cancelled; sections that were not reached are missing
  std::optional<SpeciationSection> speciation{};
  std::optional<SpectralSection> spectral{};
  std::optional<ClusterSection> clusters{};
  std::optional<CommitmentSection> commitment{};
  std::optional<HealthSection> health{};
  std::optional<SpectrumSection> spectrum{};
  std::optional<InterfaceSection> interfaces{};
  std::optional<ProductSection> product{};
  std::optional<StationarySection> stationary{};  ///< of a multiplicative model only
  std::optional<TrainingSection> training{};
};

}  // namespace shockstep
