/// What a fixed grid costs.
#pragma once

#include <shockstep/sampler_options.hpp>

namespace shockstep {

/// Model evaluations of a trajectory on a grid of `count` steps, as FixedSteps counts them.
int grid_evaluations(Method method, Final final, int count);

}  // namespace shockstep
