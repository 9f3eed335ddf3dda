/// A settings tree as JSON; for sources only.
#pragma once

#include <shockstep/config.hpp>

#include <nlohmann/json.hpp>

namespace shockstep {

/// Scalars that look like numbers or flags, and were not quoted, become such.
nlohmann::ordered_json to_json(const ConfigNode& node);

/// JSON has neither NaN nor infinity: null.
nlohmann::ordered_json json_number(double value);

/// The text of a document; broken UTF-8 is replaced rather than refused.
std::string dump(const nlohmann::ordered_json& document);

}  // namespace shockstep
