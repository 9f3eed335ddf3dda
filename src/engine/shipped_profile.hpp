/// The guard profile that ships beside a model.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>

#include <optional>
#include <string>

namespace shockstep {

/// Whether a profile was made for this range, these options and what is asked of the model, except for its tolerance.
bool suits(const GuardProfile& profile, const ScoreModel& model, const Process& process, const SamplerOptions& options);

/// Where profiles are sought: models/digits.pt has models/digits.guard.json. Empty for a model without a file.
std::string shipped_path(const ScoreModel& model);

/// Of those that fit, the one for the largest tolerance that is not above the one asked for; nothing where there is none.
/// Throws FileError if the file beside the model cannot be read, or was made for another model.
std::optional<GuardProfile> shipped_profile(const ScoreModel& model, const Process& process,
                                            const SamplerOptions& options);

}  // namespace shockstep
