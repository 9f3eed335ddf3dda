/// The sampler as the analyses use it: steps so fine that only rounding is left of their error.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/schedule.hpp>
#include <shockstep/score_model.hpp>

#include "paper/analysis.hpp"

namespace shockstep::paper {

/// The states x [n, d] at the process's sigma_max, carried to its sigma_min by the multistep of order 5.
Values transported(const ModelPtr& model, const Process& process, Values x,
                   const FixedSteps& steps = {.schedule = Schedule::log_sigma, .count = 4000});

}  // namespace shockstep::paper
