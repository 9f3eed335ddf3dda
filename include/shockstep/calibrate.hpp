/// Fixed schedules fitted to a model, a method and a number of steps.
#pragma once

#include <shockstep/fitted_schedule.hpp>
#include <shockstep/fitted_solver.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>

#include <cstdint>
#include <vector>

namespace shockstep {

/// Model evaluations that a fit may take by default, and those of the fit that a Sampler makes.
inline constexpr std::int64_t fit_evaluations = 10'000;
/// Those that a fit of a schedule may take by FixedSteps::budget.
inline std::int64_t fit_budget(const FixedSteps& steps) { return steps.budget > 0 ? steps.budget : fit_evaluations; }

/// The nodes for options.steps->count steps of options.method at which the errors of finished samples are least.
///
/// The logarithms of log-uniform steps are warped by three cosines, whose amplitudes minimise the terminal error of
/// pilot trajectories, as the method makes it, under a robust loss (docs/schedules.md). Of `options`, method, order,
/// solver_type, own, final and the count are used, and cache, the file from which a fit of these settings is read.
/// The pilot's random numbers have a fixed key of their own: the result is a function of the arguments.
/// `most_evaluations` bounds the rows that are evaluated, and how many trajectories are fitted to follows from it.
/// Of `observer` only progress() is called, with the share of these evaluations that is done, and cancelled(); the
/// result of a cancelled fit is not complete. Throws ConfigError without steps, with `dynamics = sde` and where
/// `most_evaluations` is too little for the count, ModelError if pilot trajectories do not end well.
FittedSchedule calibrate_schedule(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                                  std::int64_t most_evaluations = fit_evaluations, Observer* observer = nullptr);

/// Nodes and weights for options.steps->count evaluations by which the errors of finished samples are least.
///
/// Every step is fitted in closed form to a few accurate paths of the model's flow, along the solver's own, and shrunk towards the
/// weights of the multistep of F (docs/solver.md). Of `options`, final, the count and scales_cache are used, and cache as above.
/// The pilot's random numbers have a fixed key of their own: the result is a function of the arguments.
/// `most_evaluations` bounds the rows that are evaluated, the measurement of the model included (model_scales.hpp); 0: 600 of a network
/// with up to 8 nodes, 1500 beyond, 10 000 of an exact model. More of them are more pilot trajectories and more sets of nodes to choose
/// among. Of `observer` only progress() is called, and cancelled(); the result of a cancelled fit is not complete. Throws ConfigError
/// without steps and with `dynamics = sde`, ModelError where the model fails.
FittedSolver fit_solver(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                        std::int64_t most_evaluations = 0, Observer* observer = nullptr);

/// Solvers of several numbers of nodes, from the fewest nodes up: what is measured of the model and the accurate paths, fine enough for
/// the most nodes, are computed once. options.steps->count and the cache are not used. `most_evaluations` bounds the rows of all
/// together, which are shared out by the number of nodes; 0: each has what it may take alone. Of one number it is what fit_solver()
/// returns. Empty where `observer` cancelled. Throws as fit_solver().
std::vector<FittedSolver> fit_solvers(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                                      const std::vector<int>& counts, std::int64_t most_evaluations = 0,
                                      Observer* observer = nullptr);

}  // namespace shockstep
