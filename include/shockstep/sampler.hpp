/// The sampler: a model, a process and settings; sample() draws.
#pragma once

#include <shockstep/fitted_schedule.hpp>
#include <shockstep/fitted_solver.hpp>
#include <shockstep/model_scales.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/result.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>
#include <shockstep/state_memory.hpp>
#include <shockstep/work_source.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace shockstep {

class AskedRun;
class Trajectory;
struct GridPlan;
struct Plan;

/// Which trajectories to draw, where they start, and the batch and threads to do it with. Trajectory i is a function of model, process,
/// options, seed, i and its row of what is given here, not of the others, the batch or the threads (of a network up
/// to its rounding).
struct SampleRequest {
  std::int64_t count = 1024;  ///< trajectories first .. first + count - 1, one or more
  std::int64_t first = 0;     ///< index of the first trajectory: sampling 977 alone gives trajectory 977
  std::uint64_t seed = 0;     ///< key of all random numbers; those of trajectory i are addressed by (seed, i)
  int batch = 256;            ///< rows in one model call
  /// The same for trajectories of a network that are apart because they measure events: GuardOptions::measure_all.
  int measured_batch = 2;
  int threads = 0;  ///< of an exact model workers, of a network Torch's; 0: all cores, or what Torch is set to
  StateMemory state = StateMemory::automatic;  ///< where the vectors of the trajectories under way are
  /// Batches of a network under way: 2 are of half as many rows, one in the network while the other is in its steps. 0: 2 where a
  /// network that is not on the CPU has its state in the host's memory, else 1.
  int in_flight = 0;
  at::Tensor noise{};  ///< unit-variance starting latents [count, *shape] float64; undefined: drawn from seed
  /// 2 or more: with k for it, trajectory p k + j starts at point j of the k on the great circle from starting latent p
  /// to p + 1, both ends included; `noise` has as many rows as that takes. 0: trajectory i starts at latent i.
  int interpolate = 0;
  /// Data to start from, [count, *shape] or [1, *shape] for all, float64, data units: trajectories start at sigma_s
  /// from init + sigma_s n, n their latents. Undefined: at sigma_max from sigma_max n.
  at::Tensor init{};
  /// S in (0, 1]: ln sigma_s lies S of the way from sigma_min to sigma_max. None: .75, or 1 with a mask.
  std::optional<double> strength{};
  /// [*shape] float64: where it is 1, D is init's; where it is 0, the model's. Undefined: 0 everywhere.
  at::Tensor mask{};
  /// Speciations of the first so many trajectories have a direction in any dimension, those of the others up to 256
  /// coordinates only. Takes 8 bytes of memory a coordinate and speciation.
  std::int64_t long_directions = 0;
  Observer* observer = nullptr;  ///< told what happens, and asked whether to cancel; null: nobody. Not kept
  /// Which of first .. first + count - 1 to draw: what is missing, or this process's part. Null: all, in order. Not
  /// kept.
  WorkSource* work = nullptr;
};

/// What a sampler measures before it draws. Another sampler that is given it measures nothing.
struct Prepared {
  GuardProfile profile;                          ///< of adaptive steps
  std::optional<FittedSchedule> fitted;          ///< of the schedule fitted
  std::optional<MeasuredScales> scales{};        ///< of the plan, adaptive or a grid
  std::shared_ptr<const FittedSolver> solver{};  ///< of the schedule fitted with the default method
};

/// What a sampler takes where there is no model to measure: `scales`, measured elsewhere; none: its data_std, and all else as in most
/// models. Throws ConfigError for settings that need the model: no data_std, guard.profile pilot, the schedule fitted without a file.
Prepared unmeasured(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                    const std::optional<MeasuredScales>& scales = {});

/// What became of each trajectory: row i is trajectory first + i. Those that a WorkSource left out are interrupted.
struct Result {
  at::Tensor samples;                     ///< [count, *shape] float64; NaN where the status says why
  std::vector<TrajectoryReport> reports;  ///< one per trajectory, in order
  RunStatistics statistics;               ///< over the trajectories that were started
};

/// A model, a process and settings, made ready to draw. Holds no state between calls: sample() may be called from
/// several threads at once.
class Sampler {
 public:
  /// Makes the grid (a fitted one runs the model), or resolves the guard's profile, which can run a pilot. Throws
  /// ConfigError naming the option that is wrong. `observer`: told how far a fit is, and asked whether to cancel it
  /// or the pilot, nothing else; not kept. Throws Cancelled if it does.
  Sampler(ModelPtr model, const Process& process, const SamplerOptions& options = {}, Observer* observer = nullptr);
  /// The same with what prepared() of a sampler for the same model, process and options returned.
  Sampler(ModelPtr model, const Process& process, const SamplerOptions& options, const Prepared& prepared);

  /// Draws and keeps everything in memory. Throws ConfigError for a request that does not fit the model.
  Result sample(const SampleRequest& request) const;

  /// Draws and keeps nothing: reports and samples go to request.observer as they finish, memory does not grow with
  /// count.
  RunStatistics stream(const SampleRequest& request) const;

  /// The guard's profile in effect; on a grid its data_std alone means something, 0: unknown.
  const GuardProfile& profile() const { return profile_; }
  /// What was measured, for another sampler like this one.
  Prepared prepared() const { return {profile_, fitted_, scales_, solver_}; }
  /// Where trajectories of the request start, data units. Throws ConfigError for a strength that does not fit.
  double start(const SampleRequest& request) const;
  /// The nodes of a fixed grid from there on, descending; empty: steps are adaptive.
  std::vector<double> sigmas(const SampleRequest& request = {}) const;
  /// What the schedule fitted came to; none of other grids and of adaptive steps.
  const std::optional<FittedSchedule>& fitted() const { return fitted_; }
  /// The solver that the schedule fitted is with the default method; null of others.
  const std::shared_ptr<const FittedSolver>& solver() const { return solver_; }
  /// What was measured for a plan; none of other schedules, of exact models, and where a profile is known.
  const std::optional<MeasuredScales>& scales() const { return scales_; }
  /// Rows that the model computed to make this ready: pilot, fit, measurements; 0 where all was known or kept in a cache.
  std::int64_t prepared_rows() const { return prepared_rows_; }
  /// What was not done as asked, one sentence each.
  std::vector<std::string> notes() const;
  /// The settings in effect: as given, with the sigmas of a fitted schedule and the scale of the data in `steps`.
  const SamplerOptions& options() const { return options_; }
  const Process& process() const { return process_; }  ///< as given
  const ScoreModel& model() const { return *model_; }  ///< lives as long as the sampler

 private:
  friend class AskedRun;

  Plan plan(const SampleRequest& request) const;
  RunStatistics run(const SampleRequest& request, const std::function<void(const Trajectory&)>& finished) const;
  void make_grid();
  std::shared_ptr<const GridPlan> grid_from(double sigma) const;

  ModelPtr model_;
  Process process_;
  SamplerOptions options_;
  GuardProfile profile_;
  std::optional<FittedSchedule> fitted_;
  std::optional<MeasuredScales> scales_;
  std::shared_ptr<const FittedSolver> solver_;
  std::int64_t prepared_rows_ = 0;
  std::shared_ptr<const GridPlan> grid_;  // none: adaptive
  std::vector<std::string> foreign_;      // what to know of a solver that was fitted to something else
};

}  // namespace shockstep
