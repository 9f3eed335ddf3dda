/// YAML text -> settings tree; the only place that knows yaml-cpp.
#pragma once

#include <shockstep/config.hpp>

#include <string>

namespace shockstep {

/// Throws FileError if the file cannot be read, ConfigError "file: line N: sentence" if it is not YAML.
ConfigNode load_yaml(const std::string& path);

/// `name` stands for the file in errors. Duplicate keys are an error, and so is what is too deep or too large to be a
/// config, aliases expanded.
ConfigNode parse_yaml(const std::string& text, const std::string& name);

/// "sampler.tolerance=1e-3": sets one key, its value read as YAML; maps on the way are made. `guard: on` counts as an
/// empty map, since `guard: {events: off}` means a guard that is on. Throws ConfigError with `name` for the file.
void set_value(ConfigNode& root, const std::string& assignment, const std::string& name);

}  // namespace shockstep
