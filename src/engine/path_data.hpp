/// What a pilot wants to know of a trajectory beyond its report.
#pragma once

#include <vector>

namespace shockstep {

struct PathData {
  struct Step {
    double lam, h;
    bool last;
  };
  struct Probe {
    double lam, J;
  };
  std::vector<Step> steps;  ///< accepted steps of the first pass
  std::vector<Probe> probes;
  double predictor2 = 0;  ///< P^2 = sum (err_n G_q(lam_n))^2 of the first pass
};

}  // namespace shockstep
