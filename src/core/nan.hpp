#pragma once

#include <limits>

namespace shockstep {

/// What was not measured.
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace shockstep
