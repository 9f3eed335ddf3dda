/// The pilot of a network: what errors the plan makes on it, beside those that it was expected to make. docs/plan.md has the formulas.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/schedule.hpp>
#include <shockstep/score_model.hpp>

namespace shockstep {

/// The plan, as long as its errors on this network ask for, and estimates that are calibrated on them: eight trajectories of a fixed key
/// on the plan and on one of twice as many nodes, at most 500 rows in all, which are GuardProfile::evaluations. `observer`: asked
/// whether to cancel, nothing else; then throws Cancelled. Throws ModelError if a trajectory ends with neither status ok nor budget.
GuardProfile pilot_of_plan(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                           const MeasuredScales& scales, const Observer* observer = nullptr);

}  // namespace shockstep
