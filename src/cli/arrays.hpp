/// Arrays from files.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shockstep::cli {

/// Starting latents: [count, *shape] float64. Throws FileError if the file holds something else, or a number that is not finite.
at::Tensor read_noise(const std::string& path, std::int64_t count, const std::vector<std::int64_t>& shape);

/// Whatever a .npy file holds, as float64. Throws FileError.
at::Tensor read_tensor(const std::string& path);

}  // namespace shockstep::cli
