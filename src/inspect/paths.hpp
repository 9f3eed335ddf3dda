/// Trajectories on a grid that all share, with their states and denoised samples on the way.
#pragma once

#include "inspect/evaluator.hpp"

#include <functional>
#include <vector>

namespace shockstep {

/// Nodes from sigma_max to sigma_min, evenly spaced in ln sigma by .12 or a little less.
std::vector<double> path_nodes(const Process& process);

/// Follows trajectories from sigma_max times `latents` [n, d] along the nodes by the exponential multistep of order 3 (stepper.hpp), one evaluation a node.
/// visit(node, states, D): where D was evaluated, and D there. scale: of the data, for the interpolation of D.
void follow_paths(Evaluator& model, const std::vector<double>& nodes, const at::Tensor& latents, double scale,
                  const std::function<void(std::size_t, const States&, const at::Tensor&)>& visit);

}  // namespace shockstep
