/// Fitted solvers as text: for a config, for programs, for a log.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include "output/schedule_text.hpp"

#include <string>
#include <vector>

namespace shockstep {

/// Of one solver or several, the fewest evaluations first. yaml and json: what sampler.steps.file reads. python, torch: a function in a
/// dozen lines that runs them anywhere, on tensors or arrays, or on what a model of k-diffusion takes.
std::string solver_text(const std::vector<FittedSolver>& solvers, ScheduleFormat format);

/// "root mean square 0.01, median 0.002, 89 % of samples below 0.03; the plan has ...; the fit took ...": one line.
std::string solver_line(const FittedSolver& solver);

/// The same for a terminal, in a few lines: error, the plan's, the price and from how many samples on it pays.
std::vector<std::string> solver_lines(const FittedSolver& solver);

}  // namespace shockstep
