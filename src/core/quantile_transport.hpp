/// The probability flow of a Gaussian mixture in one dimension, exactly.
#pragma once

#include <vector>

namespace shockstep {

/// p(x0) = sum_k w_k N(mean_k, variance_k) on the line; [K] each.
struct ScalarMixture {
  std::vector<double> weights, means, variances;
};

/// Where the flow carries `x` from noise level `sigma_from` to `sigma_to`. The flow conserves the mass on either side of a
/// trajectory (continuity equation), so it is the monotone map F_to^-1 F_from between the distribution functions; inverted
/// by bisection, down to neighbouring doubles. NaN where no mass that a double can hold lies beyond x (38 standard
/// deviations).
double transport_quantile(const ScalarMixture& mixture, double x, double sigma_from, double sigma_to);

}  // namespace shockstep
