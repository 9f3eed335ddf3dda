/// MeasuredScales in summary.json and in a journal; for sources only.
#pragma once

#include <shockstep/schedule.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace shockstep {

nlohmann::ordered_json scales_json(const MeasuredScales& scales);
/// Throws what nlohmann throws for what is no such thing.
MeasuredScales scales_from_json(const nlohmann::ordered_json& json);
/// Throws FileError (with `path`).
MeasuredScales scales_from_text(const std::string& text, const std::string& path);

}  // namespace shockstep
