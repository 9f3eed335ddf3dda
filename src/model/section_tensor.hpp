/// Arrays in a model's section.
#pragma once

#include <shockstep/config.hpp>

#include <ATen/core/Tensor.h>

namespace shockstep {

/// Numbers in the config, or the .npy file that the key names; float64.
at::Tensor section_tensor(Section& section, const std::string& key);

/// Makes a model; a ConfigError it throws, which knows neither the file nor where in it the model stands, gets its place.
template <class Make>
auto placed(const Section& section, Make make) {
  try {
    return make();
  } catch (const ConfigError& e) {
    section.fail(e.key(), std::string(e.what()).substr(e.key().size() + 2));
  }
}

}  // namespace shockstep
