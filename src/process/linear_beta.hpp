/// The alpha that VpLinear and SubVp have in common.
#pragma once

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <cmath>

namespace shockstep {

/// beta(t) = beta_min + t (beta_max - beta_min), and its integral u = -2 ln alpha.
struct LinearBeta {
  double least, most;

  LinearBeta(double beta_min, double beta_max) : least(beta_min), most(beta_max) {
    if (!(least >= 0)) throw ConfigError("process.beta_min", "must not be negative, got " + shortest(least));
    if (!(most > 0) || !(most >= least) || !std::isfinite(most))
      throw ConfigError("process.beta_max",
                        "must be positive and at least beta_min = " + shortest(least) + ", got " + shortest(most));
  }
  double integral(double t) const { return t * (least + t * (most - least) / 2); }
  double time(double u) const {
    return u == 0 ? 0 : 2 * u / (least + std::sqrt(least * least + 2 * (most - least) * u));
  }
};

}  // namespace shockstep
