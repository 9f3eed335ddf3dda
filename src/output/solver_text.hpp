/// A fitted solver as text: for a config, for programs, for a log.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include "output/schedule_text.hpp"

#include <string>

namespace shockstep {

/// yaml and json: what sampler.steps.file reads. python: a function in a dozen lines that runs the solver anywhere.
std::string solver_text(const FittedSolver& solver, ScheduleFormat format);

/// "rms 0.01, median 0.002, 89 % below 0.03; plan rms ..., ...": one line.
std::string solver_line(const FittedSolver& solver);

}  // namespace shockstep
