/// The steps of the first trajectories and the windows in which they decided, for the figure of step sizes.
#pragma once

#include <shockstep/result.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <vector>

namespace shockstep {

/// Of a repeated trajectory the last pass counts, the one that made the sample.
class StepTraces {
 public:
  /// first: number of the first trajectory.
  explicit StepTraces(double sigma_min, std::int64_t first = 0) : sigma_min_(sigma_min), first_(first) {}

  void step(const StepRecord& record);
  void finished(const TrajectoryReport& report);

  /// [{trajectory, exponent, passes, lam, h, ratio, accepted: [..], windows: [[enter, exit], ..]}, ..], by trajectory; ratio is
  /// the error over what was allowed. Trajectories beyond the bounds are left out, whole.
  nlohmann::ordered_json json() const;

 private:
  static constexpr std::int64_t most_trajectories = 64;
  static constexpr std::size_t most_steps = 12000;

  struct Trace {
    int pass = 0, passes = 1;
    double exponent = 0;
    bool done = false;
    std::vector<StepRecord> steps;
    std::vector<std::pair<double, double>> windows;  // sigma at entering and leaving
  };

  double sigma_min_;
  std::int64_t first_;
  std::map<std::int64_t, Trace> traces_;
};

}  // namespace shockstep
