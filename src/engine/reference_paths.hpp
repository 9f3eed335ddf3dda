/// Where the probability flow takes the pilot's rows: accurate paths, to be asked at any noise level.
#pragma once

#include "engine/pilot_field.hpp"

#include <shockstep/sampler_options.hpp>

#include <vector>

namespace shockstep {

class ReferencePaths {
 public:
  /// By the multistep of F, order 4, on these nodes, sigma_max to sigma_min, every one of them evaluated.
  ReferencePaths(PilotField& field, const std::vector<double>& sigmas);

  /// y there: from the node before it by F as a cubic between nodes.
  PilotRows at(double lam) const;
  /// The sample over FittedSolver::end_scale().
  PilotRows end(Final final) const;

 private:
  const PilotField& field_;
  std::vector<double> lams_;
  std::vector<PilotRows> y_, F_;  // at the nodes
};

}  // namespace shockstep
