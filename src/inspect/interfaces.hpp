/// The score along lines across the interfaces that trajectories pass.
///
/// For p = p1 + p2 and phi = ln(p1/p2), s = (s1 + s2)/2 + (1/2) tanh(phi/2) grad phi exactly (arXiv 2604.07404). Across an interface
/// phi is linear, so that along its normal s.n less a straight background is (|grad phi|/2) tanh(|grad phi| xi/2): a tanh whose
/// amplitude is |grad phi|/2 and whose width is 2/|grad phi|, the square root of its slope at the centre and one over it.
#pragma once

#include <shockstep/inspection.hpp>

#include "inspect/evaluator.hpp"

#include <optional>
#include <vector>

namespace shockstep {

/// At most `count` speciation events, the largest rates first: one a trajectory, of trajectories numbered below
/// `trajectories`.
std::vector<Event> strongest(const std::vector<TrajectoryReport>& reports, std::int64_t trajectories,
                             std::int64_t count);

/// The profile through a state (one row) near an interface along the unit vector n, [d]. Nothing where J along it does not exceed 1, or
/// the fit is no layer: its centre or width beyond half the line.
std::optional<InterfaceProfile> interface_profile(Evaluator& model, const States& state, const at::Tensor& n);

}  // namespace shockstep
