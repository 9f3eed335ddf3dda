/// Published methods beside a fitted solver, for who asks whether the fit pays.
#pragma once

#include <shockstep/fitted_solver.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

namespace shockstep {

/// On the trajectories that the solver was fitted to: each with the solver's number of evaluations, and the best of them with about as many
/// as the solver's error takes. Empty where the solver came from a file, which has no trajectories. Throws as the fit, and Cancelled where
/// `observer` cancels.
UsualMethods usual_methods(const ScoreModel& model, const Process& process, const FittedSolver& solver,
                           const Observer* observer = nullptr);

}  // namespace shockstep
