/// Shapes in messages.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace shockstep {

/// "[2, 1, 8, 8]"
inline std::string shape_text(std::span<const std::int64_t> shape) {
  std::string s = "[";
  for (auto n : shape) s += (s.size() > 1 ? ", " : "") + std::to_string(n);
  return s + "]";
}

}  // namespace shockstep
