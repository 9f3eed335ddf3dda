/// Watches a run. Calls come from the engine's workers, one at a time; only wants_steps() and cancelled() may be
/// called by several at once.
#pragma once

#include <shockstep/result.hpp>

#include <cstdint>
#include <span>

namespace shockstep {

/// Rows that the model has just evaluated, in any order; valid during the call only.
struct EvaluatedRows {
  std::span<const std::int64_t> trajectories;  ///< whose they are
  std::span<const double> sigma;               ///< of each
  std::span<const double> x;                   ///< dimension() doubles a row, data units: x0 + sigma n
  std::span<const double> denoised;            ///< D there; NaN where the model threw
};

/// Derive from it and override what is of interest; the base class does nothing and never cancels. What an observer
/// throws ends the run and reaches the caller.
class Observer {
 public:
  virtual ~Observer() = default;

  /// Whether step() is wanted for this trajectory; asked once when it starts.
  virtual bool wants_steps(std::int64_t /*trajectory*/) const { return false; }
  /// An attempted step of such a trajectory, rejected ones included.
  virtual void step(const StepRecord& /*record*/) {}

  /// Whether state() is wanted; asked once, when a run begins.
  virtual bool wants_state() const { return false; }
  /// After each call of the model: steps of a method with several stages have several, probes for events are among them.
  virtual void state(const EvaluatedRows& /*rows*/) {}

  /// A trajectory is done, in order of completion. `sample`: dimension() doubles, valid during the call only.
  virtual void finished(const TrajectoryReport& /*report*/, std::span<const double> /*sample*/) {}

  /// Share of the work done, 0 to 1: finished trajectories plus the progress in ln sigma of those under way, over all.
  virtual void progress(double /*share*/) {}

  /// Asked between model calls; true ends the run, and what is under way is reported as interrupted.
  virtual bool cancelled() const { return false; }
};

}  // namespace shockstep
