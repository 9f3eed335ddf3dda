/// The steps of a model without a pilot: as StepPlan has them for the tolerance, shorter where a trajectory needs it.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/model_scales.hpp>
#include <shockstep/sampler_options.hpp>

namespace shockstep {

/// Whether the tolerance is one for a plan: a finer one it is no match for beside steps that follow their own errors, and the noise of a
/// network counts.
bool plan_serves(const SamplerOptions& options, const MeasuredScales& scales);

/// For the multistep. The plan is the cap of the steps and what the controller measures them in; the error that a step may make is
/// several times what the plan expects, so that few steps are shortened: docs/plan.md.
GuardProfile planned_profile(const MeasuredScales& scales, const Process& process, const SamplerOptions& options);
/// The same of so many nodes, whatever the tolerance.
GuardProfile planned_profile(const MeasuredScales& scales, const Process& process, const SamplerOptions& options,
                             double nodes);
/// Nodes of a plan for the tolerance, as many as max_evaluations allows. `harder`: errors of this model over those that the plan expects.
double planned_nodes(const MeasuredScales& scales, const SamplerOptions& options, double harder = 1);

}  // namespace shockstep
