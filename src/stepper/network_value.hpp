/// F, what is interpolated in place of D where the scale of the data is known: stepper.hpp has the formula.
#pragma once

#include <cmath>

namespace shockstep {

/// F = gain (D - skip x)
struct NetworkValue {
  double gain, skip;
};

/// relative: s/sigma
inline NetworkValue network_value(double relative) {
  const double square = relative * relative;
  return {std::sqrt(1 + square), square / (1 + square)};
}

}  // namespace shockstep
