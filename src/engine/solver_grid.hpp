/// Where a fitted solver evaluates: the plan's nodes, moved and contracted in a few ways that a fit chooses among.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/schedule.hpp>

#include <compare>
#include <vector>

namespace shockstep {

/// Step lengths are those of the plan (step_plan.hpp) as functions of l = ln(sigma/data_std): h(l - shift)^power. The last
/// node lies at sigma_min e^end: fitted weights bridge what is below, which is short of decisions.
struct SolverGridShape {
  double end, shift, power;

  auto operator<=>(const SolverGridShape&) const = default;
};

/// What to begin with.
SolverGridShape usual_grid(int nodes);

/// `nodes` sigmas, descending from sigma_max; the last one is at sigma_min e^end.
std::vector<double> solver_nodes(const ModelScales& scales, const Process& process, int nodes,
                                 const SolverGridShape& shape);

/// Shapes next to it, the ones that help most often first; a search takes the first that is better. `step`: 1 at first, smaller later.
std::vector<SolverGridShape> neighbours(const SolverGridShape& shape, int nodes, double step);

}  // namespace shockstep
