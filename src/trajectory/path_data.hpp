/// What a pilot wants to know of a trajectory beyond its report.
#pragma once

#include <shockstep/result.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace shockstep {

struct PathData {
  struct Step {
    double lam, h;
    double aimed;  ///< length with which its error would have been what the controller aims at
    bool last;
  };
  struct Probe {
    double lam, J;
  };
  std::vector<Step> steps;  ///< accepted steps of the first pass
  std::vector<Probe> probes;
  double predictor2 = 0;  ///< P^2 = sum (err_n G_q(lam_n))^2 of the first pass
};

/// P (S/T)^3, to which the error of a finished trajectory is about proportional: S its score, T the `threshold`; P where there is
/// none. Repeated trajectories count as if at the threshold.
inline double error_predictor(const PathData& path, const TrajectoryReport& report, double threshold) {
  if (std::isinf(threshold)) return std::sqrt(path.predictor2);
  const double relative = report.score / threshold;
  return std::sqrt(path.predictor2) * std::pow(report.passes > 1 ? std::min(relative, 1.) : relative, 3);
}

}  // namespace shockstep
