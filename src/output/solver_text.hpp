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

/// "rms 0.01, median 0.002, 89 % below 0.03; plan rms ..., ...": one line.
std::string solver_line(const FittedSolver& solver);

}  // namespace shockstep
