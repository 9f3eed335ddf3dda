/// Documents that are written; for sources only.
#pragma once

#include "core/config_json.hpp"

#include <nlohmann/json.hpp>

namespace shockstep {

/// JSON has neither NaN nor infinity: null.
nlohmann::ordered_json json_number(double value);

/// The text of a document; broken UTF-8 is replaced rather than refused.
std::string dump(const nlohmann::ordered_json& document);

}  // namespace shockstep
