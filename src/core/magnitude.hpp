/// How large and how small a number may be whose square is needed.
#pragma once

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <cmath>
#include <string>

namespace shockstep {

/// Squares of these, their quotients, and sums of as many as fit into memory are numbers, which neither overflow nor vanish.
inline constexpr double largest_magnitude = 1e100, smallest_magnitude = 1e-100;

/// Throws ConfigError naming `key` for what is not finite or too large, of either sign.
inline void check_magnitude(const std::string& key, double value) {
  if (!std::isfinite(value)) throw ConfigError(key, "must be finite, got " + shortest(value));
  if (std::abs(value) > largest_magnitude)
    throw ConfigError(key, "must be at most 1e100 in size, got " + shortest(value) + "; write the data in other units");
}

/// The same for a length, which is positive and may be too small besides.
inline void check_length(const std::string& key, double value) {
  if (!(value > 0)) throw ConfigError(key, "must be positive, got " + shortest(value));
  check_magnitude(key, value);
  if (value < smallest_magnitude)
    throw ConfigError(key, "must be at least 1e-100, got " + shortest(value) + "; write the data in other units");
}

/// The same for a width, which may be 0.
inline void check_width(const std::string& key, double value) {
  if (value < 0) throw ConfigError(key, "must not be negative, got " + shortest(value));
  if (value != 0) check_length(key, value);
}

}  // namespace shockstep
