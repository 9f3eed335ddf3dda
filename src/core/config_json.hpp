/// A settings tree as JSON; for sources only.
#pragma once

#include <shockstep/config.hpp>

#include <nlohmann/json.hpp>

namespace shockstep {

/// Scalars that look like numbers or flags, and were not quoted, become such.
nlohmann::ordered_json to_json(const ConfigNode& node);

}  // namespace shockstep
