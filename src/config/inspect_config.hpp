/// The section `inspect` of a config.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/inspect_options.hpp>

#include <string>

namespace shockstep {

/// Throws ConfigError naming the key that is wrong. resolved: gets the settings in effect.
InspectOptions read_inspect(const ConfigNode& root, const std::string& file, ConfigNode& resolved);

}  // namespace shockstep
