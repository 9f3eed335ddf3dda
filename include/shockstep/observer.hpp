/// Watches a run. Calls come from the engine's workers, one at a time; only wants_steps() and cancelled() may be
/// called by several at once.
#pragma once

#include <shockstep/result.hpp>

#include <span>

namespace shockstep {

/// Derive from it and override what is of interest; the base class does nothing and never cancels. What an observer
/// throws ends the run and reaches the caller.
class Observer {
 public:
  virtual ~Observer() = default;

  /// Whether step() is wanted for this trajectory; asked once when it starts.
  virtual bool wants_steps(std::int64_t /*trajectory*/) const { return false; }
  /// An attempted step of such a trajectory, rejected ones included.
  virtual void step(const StepRecord& /*record*/) {}

  /// A trajectory is done, in order of completion. `sample`: dimension() doubles, valid during the call only.
  virtual void finished(const TrajectoryReport& /*report*/, std::span<const double> /*sample*/) {}

  /// Share of the work done, 0 to 1: finished trajectories plus the progress in ln sigma of those under way, over all.
  virtual void progress(double /*share*/) {}

  /// Asked between model calls; true ends the run, and what is under way is reported as interrupted.
  virtual bool cancelled() const { return false; }
};

}  // namespace shockstep
