/// What a sampler wants to know of a model it has never met: a few numbers, measured with a few dozen evaluations.
#pragma once

#include <shockstep/process.hpp>
#include <shockstep/schedule.hpp>
#include <shockstep/score_model.hpp>

#include <cstdint>
#include <string>

namespace shockstep {

/// Measures them, with latents of a fixed key: the same for every run. Where the model fails or D is not finite, data_std is all that
/// is known, and loss and noise are NaN; without a data_std throws ModelError.
MeasuredScales measure_scales(const ScoreModel& model, const Process& process);
/// The same, kept in a file as SamplerOptions::cache says; `rows`: those computed now are added to it.
MeasuredScales measure_scales(const ScoreModel& model, const Process& process, const std::string& cache,
                              std::int64_t& rows);

}  // namespace shockstep
