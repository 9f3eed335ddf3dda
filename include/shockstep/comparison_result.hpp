/// What a comparison found.
#pragma once

#include <shockstep/comparison_options.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace shockstep {

/// Over trajectories that have both a sample and a reference; NaN where there are none. The error of one is the root mean
/// square over coordinates of sample - reference, data units.
struct ErrorStatistics {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  double rms = unknown, median = unknown, p99 = unknown, max = unknown;
  /// Share of the trajectories that ended in another mode than the reference: the component with the largest
  /// responsibility at sigma_min differs, and sample and reference lie farther apart than half the distance of the two
  /// means. NaN where the modes are not known: models other than Gaussian mixtures.
  double wrong_mode = unknown;
  std::int64_t left_out = 0;  ///< trajectories without a finite sample or reference
};

struct ComparisonRow {
  ComparedMethod method;
  int nodes = 0;  ///< of a fixed grid; 0: adaptive
  double evaluations_mean = 0;
  std::int64_t evaluations_max = 0;
  ErrorStatistics error;               ///< unknown for the reverse SDE, which follows no trajectory of the ODE
  double wall_seconds = 0;             ///< of sampling, without the pilot
  std::int64_t pilot_evaluations = 0;  ///< of the guard's profile, however many trajectories use it
  std::int64_t budget = 0;             ///< trajectories that max_evaluations forced beyond the tolerance
};

struct ComparisonResult {
  std::vector<ComparisonRow> rows;  ///< in the order of the methods; fewer than these if the run was cancelled
  bool complete = false;
  ComparisonReference reference;  ///< with the tolerance that was used
  /// Of the reference; 0 where it is exact.
  double reference_evaluations_mean = 0;
  std::int64_t reference_budget = 0;  ///< trajectories of the reference that did not reach its tolerance
};

}  // namespace shockstep
