/// The exact mixtures on which the benchmarks run.
#pragma once

#include <shockstep/models/gaussian_mixture.hpp>

#include <ATen/ATen.h>

#include <cmath>
#include <memory>
#include <string>

namespace shockstep::bench {

inline std::shared_ptr<const GaussianMixture> mixture(const at::Tensor& means, double std) {
  return std::make_shared<GaussianMixture>(GaussianMixtureOptions{
      .means = means, .stds = at::scalar_tensor(std, at::kDouble), .covariances = {}, .weights = {}});
}

/// Two modes at -1 and 1, width .1.
inline std::shared_ptr<const GaussianMixture> two_modes() {
  return mixture(at::tensor({-1., 1.}, at::kDouble).view({2, 1}), .1);
}

/// Eight modes on the unit circle, width .1.
inline std::shared_ptr<const GaussianMixture> ring() {
  const auto angle = at::arange(8, at::kDouble) * (2 * M_PI / 8);
  return mixture(at::stack({angle.cos(), angle.sin()}, 1).contiguous(), .1);
}

}  // namespace shockstep::bench
