/// What is known about each trajectory when it is done.
#pragma once

#include <shockstep/event.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace shockstep {

/// How a trajectory ended.
enum class Status {
  ok,           ///< reached sigma_min within the tolerance
  budget,       ///< reached sigma_min, but max_evaluations forced steps, or an error_estimate, beyond the tolerance
  non_finite,   ///< the model returned NaN or infinity; the sample is NaN
  failed,       ///< the model threw; the sample is NaN
  interrupted,  ///< the run was cancelled before it was done; the sample is NaN
};
/// The enumerator's own name, as files have it.
std::string_view name(Status status);
/// How many statuses there are.
inline constexpr int status_count = 5;

/// One trajectory. What only adaptive steps of the ODE measure keeps its default elsewhere.
struct TrajectoryReport {
  std::int64_t trajectory = 0;  ///< its number: SampleRequest::first and so on
  Status status = Status::ok;   ///< how it ended
  int evaluations = 0;          ///< model evaluations of all passes, rejected steps and probes included
  int probes = 0;               ///< those of them that measured J
  int accepted = 0;             ///< accepted steps, all passes
  int rejected = 0;             ///< rejected steps, all passes
  int passes = 1;               ///< 1, or more if the guard repeated it
  double exponent = 0;          ///< sum of the exponents of its events
  /// Upper estimate of the root-mean-square error over coordinates, data units; NaN where unknown.
  double error_estimate = std::numeric_limits<double>::quiet_NaN();
  double score = 0;  ///< S of the first pass: how violently the path decided; docs/guard.md has the formula
  /// Accepted steps of the first pass whose error was beyond the tolerance because of noise in the model's output.
  int noise_limited = 0;
  double noise = 0;  ///< largest root mean square of that noise over coordinates, in D, data units; 0: none found
  double noise_excess = 0;  ///< largest error of those steps over its tolerance
  /// D at the end lies over 1000 data_std from D at the start, root mean square over coordinates: farther than data lie
  /// apart (docs/noise.md).
  bool blown_up = false;
  /// Mean over lam of |D - x|^2/(d sigma^2), first pass; 1 or less on average over samples. NaN on a fixed grid,
  /// where D - x can be the error of a long step, on the reverse SDE, upwards, and from data of the caller's, which
  /// need not be the model's.
  double drift = 0;
  /// Mean square asymmetry of dD/dx where its events were measured, by two products or more: (v.Jw - w.Jv)^2 over
  /// |Jv|^2 + |Jw|^2; 0 for a gradient field, 2 for a rotation. NaN: never measured so.
  double asymmetry2 = std::numeric_limits<double>::quiet_NaN();
  std::vector<Event> events;  ///< of the last pass, in the order they were met; empty where they are not measured
};

/// One attempted step, for observers. On a grid every step is accepted.
struct StepRecord {
  std::int64_t trajectory = 0;  ///< whose step it is
  int pass = 1;                 ///< 1, or more in a pass that the guard repeats
  double lam = 0;               ///< where the step started
  double h = 0;                 ///< its length in lam; below 0 upwards, in Encoder
  /// What is judged: root mean square over coordinates of corrector - predictor, of the ODE times |h|/.4
  /// (docs/guard.md); of a Runge-Kutta step its embedded error. Data units; NaN on a grid.
  double error = 0;
  double tolerance = 0;                                    ///< largest error allowed for it, data units; NaN on a grid
  double rate = std::numeric_limits<double>::quiet_NaN();  ///< last measured J - 1; NaN: not measured
  bool accepted = true;                                    ///< false: tried again with another length
};

/// Counts and sums over a run.
struct RunStatistics {
  std::int64_t count_by_status[status_count] = {};  ///< trajectories; the index is the value of Status
  std::int64_t evaluations = 0;                     ///< sum over trajectories, the failed and interrupted ones included
  std::int64_t evaluations_max = 0;                 ///< of one trajectory
  std::int64_t probes = 0;                          ///< sum: evaluations that measured J
  std::int64_t accepted = 0;                        ///< sum: accepted steps
  std::int64_t rejected = 0;                        ///< sum: rejected steps
  std::int64_t repeated = 0;                        ///< trajectories of more than one pass
  std::int64_t events = 0;                          ///< sum: enter, speciation and exit count one each
  std::int64_t noise_limited = 0;                   ///< trajectories with steps limited by noise
  double noise = 0;                                 ///< their mean noise, data units
  double noise_excess = 0;                          ///< their largest excess
  std::int64_t blown_up = 0;                        ///< trajectories that reached sigma_min and had blown up
  double drift = 0;  ///< mean over the trajectories that were finished and not blown up; NaN where it was not measured
  double drift_bound = 0;  ///< the largest that the denoiser of any data has, but for one run in a million
  /// Root mean square asymmetry of dD/dx over the trajectories where it was measured; NaN where it was in none.
  double asymmetry = std::numeric_limits<double>::quiet_NaN();
  double wall_seconds = 0;       ///< of the run, seconds
  double model_seconds = 0;      ///< inside the model call, summed over workers, seconds
  double worker_seconds = 0;     ///< wall time summed over workers, seconds: the denominator for model_seconds
  std::int64_t model_calls = 0;  ///< each of up to a batch of rows
  std::int64_t model_rows = 0;   ///< of trajectories in all model calls
  /// Rows that these calls had room for: the batch of an exact model; of a network the rows that it was given, padding included.
  std::int64_t model_capacity = 0;
  int reduced_batch = 0;      ///< rows in one model call after it had run out of memory; 0: it never did
  std::string first_failure;  ///< what the model threw first; empty if it never did

  /// Mean share of a model call that trajectories filled; 0 if there was none.
  double occupancy() const {
    return static_cast<double>(model_rows) / static_cast<double>(std::max<std::int64_t>(1, model_capacity));
  }

  /// Adds what another run of some of the trajectories cost: times, model calls and their rows, its first failure.
  void add_cost(const RunStatistics& other) {
    wall_seconds += other.wall_seconds;
    model_seconds += other.model_seconds;
    worker_seconds += other.worker_seconds;
    model_calls += other.model_calls;
    model_rows += other.model_rows;
    model_capacity += other.model_capacity;
    if (reduced_batch == 0 || (other.reduced_batch > 0 && other.reduced_batch < reduced_batch))
      reduced_batch = other.reduced_batch;
    if (first_failure.empty()) first_failure = other.first_failure;
  }

  /// Trajectories that ended so.
  std::int64_t with(Status status) const { return count_by_status[static_cast<int>(status)]; }
  /// Trajectories that were started.
  std::int64_t trajectories() const {
    return std::accumulate(std::begin(count_by_status), std::end(count_by_status), std::int64_t{0});
  }
  /// `sum` per started trajectory; 0 if none was.
  double mean(std::int64_t sum) const {
    return static_cast<double>(sum) / static_cast<double>(std::max<std::int64_t>(1, trajectories()));
  }
};

}  // namespace shockstep
