/// Data that samples are compared with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shockstep {

/// Throws ConfigError unless the shape is [n, *shape].
void check_data_shape(std::span<const std::int64_t> has, const std::vector<std::int64_t>& shape);

}  // namespace shockstep
