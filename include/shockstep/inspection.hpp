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
  std::int64_t count = 0;                                 ///< NaN are left out and not counted
  double q05 = std::numeric_limits<double>::quiet_NaN();  ///< 5 %
  double q25 = q05;                                       ///< 25 %
  double q50 = q05;                                       ///< 50 %, the median
  double q75 = q05;                                       ///< 75 %
  double q95 = q05;                                       ///< 95 %
};

/// Where the trajectories decide and how much errors grow there.
struct SpeciationSection {
  std::int64_t evaluations = 0;             ///< of the model, the pilot included
  std::vector<TrajectoryReport> reports{};  ///< one a trajectory, in order
  std::int64_t with_event = 0;              ///< trajectories that passed an interface
  std::int64_t open = 0;                    ///< interfaces that are still open at sigma_min
  Quantiles enter{};                        ///< sigma where J rises above 1
  Quantiles speciation{};                   ///< sigma where trajectories decide
  Quantiles exit{};                         ///< sigma where J falls below 1
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
/// The covariance of the data beside the decisions (Biroli, Bonnaire, de Bortoli & Mezard 2024, arXiv 2402.18491).
struct SpectralSection {
  std::string source{};               ///< data or samples
  std::int64_t rows = 0;              ///< how many the covariance is taken over
  double total = 0;                   ///< trace of the covariance, data units squared
  std::vector<SpectralLine> lines{};  ///< of the leading eigenvalues, 8 at most, descending
};

/// The modes that trajectories end in.
struct ClusterSection {
  std::string source{};                                          ///< components, labels, k-means, or stable points
  std::vector<double> means{};                                   ///< [K, d], data units
  std::vector<std::int64_t> sizes{};                             ///< of the samples, [K]
  std::vector<int> of_sample{};                                  ///< [count]; -1 where the sample is not finite
  double silhouette = std::numeric_limits<double>::quiet_NaN();  ///< mean, -1 to 1; k-means only
  double silhouette_null =
      std::numeric_limits<double>::quiet_NaN();  ///< that of as many clusters in samples of one Gaussian
  /// K, the number of clusters.
  std::int64_t count() const { return static_cast<std::int64_t>(sizes.size()); }
};

/// When two clusters' trajectories part.
struct PairCommitment {
  int a = 0;            ///< the one, from 0
  int b = 0;            ///< the other, above a
  double distance = 0;  ///< of the means, data units
  double opens = 0;     ///< sigma where a symmetric pair of that distance and width opens its interface; 0: never
  Quantiles sigma{};    ///< of the trajectories of both, where they commit against the other
  std::int64_t from_start = 0;  ///< trajectories committed at sigma_max already, left out of `sigma`
  std::int64_t between = 0;     ///< trajectories that end between the two means, with |u| < 1/2 (CommitmentSection)
};
/// When D shows where a trajectory ends: at sigma it is committed to its cluster a against b if from there on u stays
/// above 1/2, u = (|D - m_b|^2 - |D - m_a|^2)/|m_a - m_b|^2, m the means (docs/inspect.md).
struct CommitmentSection {
  std::int64_t evaluations = 0;  ///< of the model
  std::vector<double> sigmas{};  ///< nodes, descending
  std::vector<int> cluster{};    ///< of each trajectory's end, from 0
  /// Where each trajectory commits against all others, at most sigma_max; NaN: it ends on the border, or there is one
  /// cluster.
  std::vector<double> sigma{};
  std::int64_t between = 0;  ///< trajectories that end between means: with u < 1/2 against some other cluster
  std::vector<Quantiles> of_cluster{};  ///< of `sigma`, by cluster, without those that lean so at sigma_max already
  /// [K][node]: share of a cluster's trajectories that have committed at each node; NaN where it has none.
  std::vector<std::vector<double>> committed{};
  std::vector<PairCommitment> pairs{};  ///< all with a < b; none of more than 16 clusters
  std::int64_t moved = 0;               ///< trajectories that end in another cluster than the adaptive run's
};

/// What a figure of the score's health says, from good to bad.
enum class Verdict {
  fine,         ///< small, or no more than three times what an exact mixture shows
  rough,        ///< between the two
  not_a_score,  ///< as large as the terms that should cancel
};
/// fine, rough or "not a score".
inline const char* name(Verdict verdict) {
  return verdict == Verdict::fine ? "fine" : verdict == Verdict::rough ? "rough" : "not a score";
}

/// One property at one noise level: what was found, and what an exact mixture shows through the same differences.
struct HealthFigure {
  double found = 0;                 ///< of the model
  double exact = 0;                 ///< of the mixture at the clusters
  Verdict verdict = Verdict::fine;  ///< of `found` beside `exact`, by the bounds of docs/inspect.md
};
/// The figures of one noise level, each over all states of it. J = dD/dx.
struct HealthLevel {
  double sigma = 0;         ///< data units
  HealthFigure curl{};      ///< |J - J^T|/|J|, Frobenius norms: 0 for a gradient, 2 for a rotation
  HealthFigure residual{};  ///< of the equation of a score, over the size of its terms: 0, or 1 for no relation
  HealthFigure entropy{};   ///< smallest lambda_min of (J + J^T)/2: not below 0 for a score
};
/// Whether D is the denoiser that a score belongs to: without curl, s_tau = Laplacian s + grad |s|^2 with
/// tau = sigma^2/2, and dD/dx a posterior covariance over sigma^2, by central differences (arXiv 2604.07404;
/// docs/inspect.md).
struct HealthSection {
  std::int64_t evaluations = 0;       ///< of the model; the mixture's are not counted
  std::int64_t rows = 0;              ///< states a level
  int directions = 0;                 ///< of the differences; 0: all coordinates
  double step = 0;                    ///< of the differences in x over sigma
  std::vector<HealthLevel> levels{};  ///< sigma descending
  Verdict verdict = Verdict::fine;    ///< that of the worst figure
  std::string reason{};               ///< a sentence that names it; of a score that is fine, one that says so
};

/// Eigenvalues of dD/dx along a trajectory.
struct SpectrumRow {
  std::int64_t trajectory = 0;        ///< whose state J is taken at
  double sigma = 0;                   ///< data units
  std::vector<double> eigenvalues{};  ///< of the symmetric part, descending; the leading ones in many dimensions
  std::int64_t dimension = 0;         ///< how many are above 1/2
  double trace = 0;                   ///< NaN where only the leading ones are known
};
/// How many dimensions the data have: a Gaussian of variance v has the eigenvalue v/(v + sigma^2) along it, above 1/2
/// where the data are wider than the noise.
struct SpectrumSection {
  std::int64_t evaluations = 0;     ///< of the model
  bool complete = true;             ///< all eigenvalues; else the leading ones, and dimension is a lower bound
  std::vector<SpectrumRow> rows{};  ///< sigma descending, at each the trajectories in order
};

/// s.n along a line across an interface, and the tanh profile fitted to it. For p = p1 + p2 and phi = ln(p1/p2)
///   s = (s1 + s2)/2 + (1/2) tanh(phi/2) grad phi
/// (arXiv 2604.07404), hence amplitude = 1/width = |grad phi|/2 along the normal.
struct InterfaceProfile {
  std::int64_t trajectory = 0;       ///< whose speciation the line goes through, along the event's direction n
  double sigma = 0;                  ///< of the node nearest to the event, data units
  std::vector<double> at{};          ///< distance along the line from the centre, data units
  std::vector<double> score{};       ///< s.n there, 1/data units
  std::vector<double> background{};  ///< the fit's straight part there, 1/data units
  double width = 0;                  ///< of amplitude tanh(distance/width), fitted; data units
  double amplitude = 0;              ///< fitted, 1/data units
  double slope = 0;                  ///< d(s.n)/d(distance) at the centre, measured
  double width_local = 0;            ///< 2/|grad phi|, from slope less the background's
  double amplitude_local = 0;        ///< |grad phi|/2, likewise
  double residual = 0;               ///< rms of the fit's error over the amplitude
};
/// Profiles across the interfaces where errors grow fastest.
struct InterfaceSection {
  std::int64_t evaluations = 0;              ///< of the model
  std::int64_t tried = 0;                    ///< events whose lines were looked at
  std::vector<InterfaceProfile> profiles{};  ///< largest rate of the event first; lines without a layer left out
  std::string why{};                         ///< there is none, a sentence; empty where there is one
};

/// How near the score is to a product f(x) g(sigma), the noise level a mere factor (arXiv 2601.12965): at points
/// visited at each level the score is taken at the noise of every level, and the best f and g are leading singular
/// vectors.
struct ProductSection {
  std::int64_t evaluations = 0;                  ///< of the model
  std::vector<double> sigmas{};                  ///< descending
  std::vector<std::vector<double>> explained{};  ///< [states visited at sigma_k][sigma]: share of |s|^2
  double mean = 0;                               ///< over all of these; 1 for a product
  double smallest = 0;                           ///< of all of these
};

/// Where the dynamics dx/dT = f of a score f(x)/sigma^p stand still.
struct StationaryPoint {
  std::vector<double> at{};     ///< [d], data units
  std::string kind{};           ///< stable, saddle, source, or degenerate: an eigenvalue of no clear sign
  std::vector<double> rates{};  ///< real parts of the eigenvalues of df/dx, descending, 1/T
  std::int64_t unstable = 0;    ///< how many of them are positive
  double turning = 0;           ///< largest imaginary part; 0 for a gradient
  std::int64_t ends = 0;        ///< trajectories that settled here
  /// Of the flow's approach, 1/T, measured; should be rates[0]. NaN of points that are not stable.
  double rate = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> times{};      ///< T of that approach, from 0
  std::vector<double> distances{};  ///< from the point then, along the slowest direction, data units
};
/// What the deterministic dynamics of a multiplicative model end on: dx/dlam = sigma^2 s is dx/dT = f(x) in the clock
/// T = int sigma^(1-p) dsigma, 0 at sigma_max (arXiv 2601.12965; docs/inspect.md).
struct StationarySection {
  std::int64_t evaluations = 0;           ///< those of the flow included
  double sigma = 0;                       ///< sigma_0 of the field, MultiplicativeOptions::sigma
  double power = 0;                       ///< p of the field
  double duration = 0;                    ///< the clock T at sigma_min
  std::int64_t starts = 0;                ///< of Newton's method
  std::vector<StationaryPoint> points{};  ///< stable ones first, largest basin first
  std::vector<int> basin{};               ///< point that each trajectory settled on, an index of points; -1: none
  std::int64_t unsettled = 0;             ///< trajectories that are still on their way at sigma_min
  /// Number of points that repel in an even number of directions minus the number of all others: 1 if f points inwards
  /// far away (Poincare and Hopf) and none was missed.
  int index_sum = 0;
  std::string why{};  ///< none were sought, a sentence; empty where they were
};

/// A sample and the data nearest to it.
struct TrainingRow {
  std::int64_t sample = 0;   ///< number of the trajectory, from 0
  std::int64_t nearest = 0;  ///< row of the data, from 0
  double distance = 0;       ///< to the nearest, Euclidean, data units
  double second = 0;         ///< to the second nearest
  double p = 0;              ///< (distance/second)^dimension: the chance that it is so near or nearer without memory
  bool memorised = false;    ///< p is below TrainingSection::level
};
/// Which samples are points of the training data: of data uniform in D dimensions nearby, the ratio r1/r2 of the
/// distances to the nearest two has P(r1/r2 < c) = c^D (Facco et al. 2017, TwoNN; docs/inspect.md).
struct TrainingSection {
  std::int64_t points = 0;     ///< rows of the data
  std::int64_t held_out = 0;   ///< points that D is measured on and that samples are compared with
  bool split = false;          ///< no held-out data were given: the second half of the data was held out
  double dimension = 0;        ///< of the data near the held-out points (TwoNN)
  double level = 0;            ///< p below which a sample is memorised: .01 over the number of samples
  std::int64_t memorised = 0;  ///< samples that are
  Quantiles samples{};  ///< of samples: distance to the nearest point of those that held-out points are compared with
  Quantiles held{};     ///< of held-out points: the same
  double nearer = 0;    ///< probability that a sample is nearer than a held-out point; .5 is right
  std::vector<TrainingRow> rows{};  ///< one for each finite sample
};

/// All sections. One is missing where it was not asked for, does not apply to the model, or was not reached.
struct Inspection {
  bool complete = true;                           ///< false: cancelled; sections that were not reached are missing
  std::optional<SpeciationSection> speciation{};  ///< not of a multiplicative model
  std::optional<SpectralSection> spectral{};      ///< not of a multiplicative model
  std::optional<ClusterSection> clusters{};       ///< of the samples
  std::optional<CommitmentSection> commitment{};  ///< not of a multiplicative model
  std::optional<HealthSection> health{};          ///< none without health_rows
  std::optional<SpectrumSection> spectrum{};      ///< none without spectrum_rows, or of a multiplicative model
  std::optional<InterfaceSection> interfaces{};   ///< none without interfaces, or of a multiplicative model
  std::optional<ProductSection> product{};        ///< of every model
  std::optional<StationarySection> stationary{};  ///< of a multiplicative model only
  std::optional<TrainingSection> training{};      ///< with data only
};

}  // namespace shockstep
