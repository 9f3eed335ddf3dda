/// Fixed schedules fitted to a model, a method and a number of steps.
#pragma once

#include <shockstep/fitted_schedule.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>

#include <cstdint>

namespace shockstep {

/// Model evaluations that a fit may take by default, and those of the fit that a Sampler makes.
inline constexpr std::int64_t fit_evaluations = 10'000;

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

}  // namespace shockstep
