/// Numbers inside names and sentences.
#pragma once

#include "core/text.hpp"

#include <string>

namespace shockstep::paper {

/// Three digits.
inline std::string text(double value) { return three_digits(value); }

}  // namespace shockstep::paper
