/// Arrays in a model's section.
#pragma once

#include <shockstep/config.hpp>

#include <ATen/core/Tensor.h>

namespace shockstep {

/// Numbers in the config, or the .npy file that the key names; float64.
at::Tensor section_tensor(Section& section, const std::string& key);

/// Calls make(); a ConfigError that it throws knows neither the file nor the section, and gets both here.
template <class Make>
auto placed(const Section& section, Make make) {
  try {
    return make();
  } catch (const ConfigError& e) {
    section.fail(e.key(), std::string(e.what()).substr(e.key().size() + 2));
  }
}

}  // namespace shockstep
