/// The one problem whose flow is elementary.
#pragma once

#include <cmath>

namespace shockstep::test {

/// One Gaussian of width s: D = x s^2/(s^2 + sigma^2), and the flow keeps x/sqrt(s^2 + sigma^2).
struct Gaussian {
  double s = .5;
  double sigma2(double lam) const { return std::exp(-2 * lam); }
  double D(double x, double lam) const { return x * s * s / (s * s + sigma2(lam)); }
  double flow(double x, double lam0, double lam1) const {
    return x * std::sqrt((s * s + sigma2(lam1)) / (s * s + sigma2(lam0)));
  }
};

}  // namespace shockstep::test
