/// Starting latents from a file.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shockstep::cli {

/// [count, *shape] float64. Throws FileError if the file holds something else, or a number that is not finite.
at::Tensor read_noise(const std::string& path, std::int64_t count, const std::vector<std::int64_t>& shape);

}  // namespace shockstep::cli
