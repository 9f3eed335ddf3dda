#pragma once

#include <algorithm>
#include <cmath>

namespace shockstep {

/// What a trajectory runs through, from lam_begin at `high` down to lam_end at `low`; lam = -ln sigma.
struct SigmaRange {
  SigmaRange(double from, double to) : high(from), low(to), lam_begin(-std::log(from)), lam_end(-std::log(to)) {}

  /// The range is closed: rounding of exp must not leave it.
  double sigma(double lam) const { return std::clamp(std::exp(-lam), low, high); }

  double high, low, lam_begin, lam_end;
};

}  // namespace shockstep
