/// The fit of one step: a ridge regression over a few rows, of which those that it cannot follow hardly count.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace shockstep {

/// Of features g_k and a target r of one row, as means over coordinates.
struct RowMoments {
  std::vector<double> A;  ///< g_k g_l, row by row
  std::vector<double> b;  ///< g_k r
  double c = 0;           ///< r^2

  RowMoments(std::span<const std::span<const double>> features, std::span<const double> target);

  /// Mean of (r - sum_k x_k g_k)^2.
  double residual(std::span<const double> x) const;
};

/// x that minimises sum_p w_p mean |r_p - sum_k x_k g_kp|^2 + strength v |x|^2, v the mean of w_p r_p^2, so that the prior is as strong
/// whatever the units of r. The weights are 1/(1 + q_p/(.9 P median q)), P the number of rows, q_p what is left of a row that the fit was made without, found
/// in three rounds: Cauchy's, as in robust_fit.hpp. `rows`: at least 2.
std::vector<double> robust_ridge(std::span<const RowMoments> rows, double strength);

}  // namespace shockstep
