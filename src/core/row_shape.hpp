/// The shape of several samples.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shockstep {

/// [rows, *shape]
inline std::vector<std::int64_t> row_shape(std::int64_t rows, std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> out{rows};
  out.insert(out.end(), shape.begin(), shape.end());
  return out;
}

}  // namespace shockstep
