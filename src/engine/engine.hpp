/// The loop: rows in flight, continuous batching, the model call.
#pragma once

#include <shockstep/observer.hpp>
#include <shockstep/score_model.hpp>
#include <shockstep/work_source.hpp>

#include "trajectory/trajectory.hpp"

#include <c10/core/TensorOptions.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace shockstep {

struct EngineRun {
  const ScoreModel& model;
  const Plan& plan;
  std::int64_t first = 0, count = 0;
  WorkSource* work = nullptr;  ///< which of these; null: all, in order
  int batch = 256;             ///< rows of one model call
  int measured_batch = 2;      ///< the same for trajectories of a network that are apart because they measure events
  int threads = 0;             ///< 0: all cores; for networks as many as Torch uses
  Observer* observer = nullptr;
  /// Each trajectory when it is done, in order of completion, one at a time; the reference is valid during the call.
  std::function<void(const Trajectory&)> finished{};
  /// The vectors of a batch are ATen tensors of this type, operated on together, and the model is asked there: it is an OnDevice of
  /// this device, or takes the CPU's. None: they are in the host's memory.
  std::optional<c10::TensorOptions> tensors{};
  int in_flight =
      1;  ///< batches of a network that are under way, which share the rows of one and take turns in the model
};

/// Runs the trajectories. Finished rows leave their batch at once and waiting ones take their place, so that the model
/// sees full batches. Exact models run in one worker per thread, each with a batch of its own; a network is called by one
/// worker, always with the same number of rows (padded), and uses the threads inside. Trajectories that alone measure their events
/// take twice the evaluations of others: they come last, in calls of fewer rows, so that those are not padded for their sake.
/// Throws ModelError if the model returns something of the wrong shape or type.
RunStatistics run_engine(const EngineRun& run);

}  // namespace shockstep
