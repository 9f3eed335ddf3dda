/// A plan that knows its model.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>

#include "trajectory/plan.hpp"

namespace shockstep {

/// What follows from process and options, and of the model where its D jumps. `whole_times`: the network knows no other times.
Plan plan_for(const ScoreModel& model, const Process& process, const SamplerOptions& options, bool whole_times);

}  // namespace shockstep
