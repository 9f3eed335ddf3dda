/// The quick fit check that precedes a run of a network, whoever asks for the run.
#pragma once

#include <shockstep/fit_report.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/schedule.hpp>
#include <shockstep/score_model.hpp>

#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shockstep {

/// What a measurement says of the description, which can be wrong of networks alone; none: an exact model. `scales_cache`: as of
/// SamplerOptions. `known`: it was measured before. `rows`: those that the model computes for it are added.
/// `observer`: as of FitOptions.
std::optional<FitReport> fit_of(const ModelPtr& model, const Process& process, const std::string& scales_cache,
                                int batch, std::int64_t& rows, const std::optional<MeasuredScales>& known = {},
                                const Observer* observer = nullptr);

/// What a user should know of the model before a run, one sentence each: a description that does not fit, rounded times, another device.
std::vector<std::string> model_warnings(const ScoreModel& model, const RunSettings& run,
                                        const std::optional<FitReport>& fit);
/// The same where what the fit check computes is not told: of all but sample.
std::vector<std::string> model_warnings(const ModelPtr& model, const Process& process, const std::string& scales_cache,
                                        const RunSettings& run, const Observer* observer = nullptr);
/// Why a model that fits can have no analyses, a sentence; empty: it can.
std::string no_analyses(const ScoreModel& model, const RunSettings& run);

}  // namespace shockstep
