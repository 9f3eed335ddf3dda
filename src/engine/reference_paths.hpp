/// Where the probability flow takes the pilot's rows: accurate paths, to be asked at any noise level.
#pragma once

#include "engine/pilot_field.hpp"

#include <shockstep/sampler_options.hpp>

#include <cstddef>
#include <vector>

namespace shockstep {

class ReferencePaths {
 public:
  /// By the multistep of F between orders 3 and 4, as the plan steps, on these nodes, sigma_max to sigma_min, every one of them evaluated.
  ReferencePaths(PilotField& field, const std::vector<double>& sigmas);

  /// y there: from the node before it by F as a cubic between nodes.
  PilotRows at(double lam) const;
  /// The sample over FittedSolver::end_scale().
  PilotRows end(Final final) const;
  /// What it errs by, root mean square over rows and coordinates: from the same values of F at every second node.
  double error(Final final) const;

 private:
  /// y at node n from the one before, by so many values of F up to that of node known - 1, and by `share` with one more.
  PilotRows stepped(std::size_t n, std::size_t known, std::size_t values, double share) const;

  /// end(), where the state is y.
  PilotRows ended(PilotRows y, Final final) const;

  const PilotField& field_;
  std::vector<double> lams_;
  std::vector<PilotRows> y_, F_;  // at the nodes
};

}  // namespace shockstep
