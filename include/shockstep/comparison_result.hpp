/// What a comparison found.
#pragma once

#include <shockstep/comparison_options.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace shockstep {

/// Errors of the trajectories that have both a sample and a reference; NaN where there are none. The error of one is
/// the root mean square over coordinates of sample - reference, data units.
struct ErrorStatistics {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();  ///< NaN

  double rms = unknown;     ///< root mean square over trajectories, data units
  double median = unknown;  ///< data units
  double p99 = unknown;     ///< 99 % quantile over trajectories, data units
  double max = unknown;     ///< data units
  /// Share of the trajectories that ended in another mode than the reference: the component with the largest
  /// responsibility at sigma_min differs, and sample and reference lie farther apart than half the distance of the two
  /// means. NaN where the model does not know its modes.
  double wrong_mode = unknown;
  std::int64_t left_out = 0;  ///< trajectories without a finite sample or reference
};

/// A number measured on samples, and how far chance may have moved it.
struct Estimate {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();  ///< NaN

  double value = unknown;           ///< NaN where it was not measured
  double standard_error = unknown;  ///< NaN where there are too few samples for one
};

/// How far the samples, as a distribution, are from other samples. NaN where it was not asked for. Standard errors of
/// the distances are those of a jackknife over at most 16 blocks of rows (Efron & Tibshirani 1993, ch. 11).
/// docs/compare.md says how many rows are used.
struct DistributionDistances {
  /// Sliced Wasserstein-2 distance, data units: root mean square over random directions of the one-dimensional
  /// distances (Bonneel et al. 2015). Never 0 for finitely many samples.
  Estimate sliced_w2;
  /// Energy distance 2 E|x - y| - E|x - x'| - E|y - y'|, Euclidean, data units (Szekely & Rizzo 2013), without bias:
  /// around 0, and below it half of the time, for samples of the same distribution.
  Estimate energy;
  /// Where modes are known: the largest difference, over modes, between a mode's share of the samples (its mean
  /// responsibility at sigma_min) and its weight w. Standard error: sqrt(w (1 - w)/n) of that component.
  Estimate mode_weights;
  /// The largest of these differences in units of its own standard error.
  double mode_weights_z = Estimate::unknown;
};

/// What one method came to. `error` stays unknown where a method has no terminal error, `distances` where they were not
/// asked for.
struct ComparisonRow {
  ComparedMethod method;               ///< as given, its events switched off
  int nodes = 0;                       ///< of a fixed grid; 0: adaptive
  double evaluations_mean = 0;         ///< per trajectory, rejected steps and repeated passes included
  std::int64_t evaluations_max = 0;    ///< of one trajectory
  ErrorStatistics error;               ///< unknown for the reverse SDE, which follows no trajectory of the ODE
  DistributionDistances distances;     ///< of its samples from the data, or from exact samples
  double wall_seconds = 0;             ///< of sampling, without the pilot, seconds
  std::int64_t pilot_evaluations = 0;  ///< of the guard's profile or the fit of the grid: once, not in the mean
  std::int64_t budget = 0;             ///< trajectories that max_evaluations forced beyond the tolerance
};

/// A row for each method, and what they were compared with.
struct ComparisonResult {
  std::vector<ComparisonRow> rows;        ///< in the order of the methods; fewer than these if the run was cancelled
  bool complete = false;                  ///< false: cancelled before the last method was finished
  ComparisonReference reference;          ///< with the tolerance that was used
  double reference_evaluations_mean = 0;  ///< per trajectory of the reference; 0 where it is exact
  std::int64_t reference_budget = 0;      ///< trajectories of the reference that did not reach its tolerance
  /// The same distances of exact samples instead of a method's, mean and standard deviation over up to eight sets: a
  /// method is better by chance only. Unknown where there are too few data for a set beside those compared with.
  DistributionDistances floor;
  std::int64_t distance_rows = 0;  ///< that the methods are compared with; 0: no distances were asked for
};

}  // namespace shockstep
