/// Arrays in a model's section.
#pragma once

#include <shockstep/config.hpp>

#include <ATen/core/Tensor.h>

namespace shockstep {

/// Numbers in the config, or the .npy file that the key names; float64.
at::Tensor section_tensor(Section& section, const std::string& key);

}  // namespace shockstep
