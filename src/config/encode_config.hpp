/// The section `encode` of a config.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/encode_options.hpp>

#include <string>

namespace shockstep {

/// Throws ConfigError naming the key that is wrong.
EncodeOptions read_encode(const ConfigNode& root, const std::string& file);

}  // namespace shockstep
