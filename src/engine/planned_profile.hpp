/// The steps of a model without a pilot: as StepPlan has them for the tolerance, shorter where a trajectory needs it.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/model_scales.hpp>
#include <shockstep/sampler_options.hpp>

namespace shockstep {

/// For the multistep. The plan is the cap of the steps and what the controller measures them in; the error that a step may make is
/// several times what the plan expects, so that few steps are shortened: docs/plan.md.
GuardProfile planned_profile(const MeasuredScales& scales, const Process& process, const SamplerOptions& options);

}  // namespace shockstep
