/// The pilot: a few trajectories whose errors can be known, run before the samples to set the guard.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>

#include <cstdint>
#include <span>

namespace shockstep {

inline constexpr int rows_rehearsed = 48;      ///< the score needs no reference, so its quantile may use more rows
inline constexpr double share_repeated = .04;  ///< of trajectories: what the threshold of the score leaves above it

/// Whether the profile is measured before the run, whatever is at hand.
inline bool measured_anew(const GuardOptions& guard) { return guard.profile == "pilot" || guard.profile == "full"; }

/// Unit-variance starting latents of a row of the pilot: they depend on the row and the dimension alone.
void pilot_latents(std::int64_t row, std::span<double> out);

/// The profile that needs no pilot: tolerance weighted by 1 + sigma/data_std. Where the model does not know its data_std it
/// is measured as the spread of a few samples. `observer`, here and below: asked whether to cancel, nothing else; then throws
/// Cancelled.
GuardProfile default_profile(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                             const Observer* observer = nullptr);

/// Measures the guard's profile for this model, range, order and tolerance. Its random numbers have their own fixed key:
/// the profile is a function of its arguments. Throws ModelError if pilot rows end with neither status
/// ok nor budget.
GuardProfile run_pilot(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                       const Observer* observer = nullptr);

}  // namespace shockstep
