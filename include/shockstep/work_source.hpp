/// Hands out the trajectories of a run: all of them, what an interrupted run has left, a part of many processes.
#pragma once

#include <cstdint>
#include <optional>

namespace shockstep {

/// Derive from it to say which trajectories a run draws: SampleRequest::work.
class WorkSource {
 public:
  virtual ~WorkSource() = default;

  /// The next trajectory to draw; none: there are no more. Each is handed out once. Called by several workers at a
  /// time.
  virtual std::optional<std::int64_t> next() = 0;

  /// How many there are to hand out, as far as is known: for the share of the work that is done.
  virtual std::int64_t count() const = 0;
};

}  // namespace shockstep
