/// Numbers inside names and sentences.
#pragma once

#include <cstdio>
#include <string>

namespace shockstep::paper {

/// Three digits.
inline std::string text(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.3g", value);
  return out;
}

}  // namespace shockstep::paper
