/// The counts and sums of a run from the reports of its trajectories, in whatever order they come.
#pragma once

#include <shockstep/result.hpp>

#include "core/exact_sum.hpp"

#include <cstdint>

namespace shockstep {

class RunTally {
 public:
  void add(const TrajectoryReport& report);

  /// Trajectories that were not interrupted.
  std::int64_t done() const { return done_; }
  /// All that reports say: times, model calls and failures are the engine's. `dimension`: of a sample.
  RunStatistics statistics(std::int64_t dimension) const;

 private:
  RunStatistics counts_;
  std::int64_t done_ = 0, sound_ = 0, asymmetries_ = 0;
  ExactSum noise_, drift_, asymmetry2_;
};

}  // namespace shockstep
