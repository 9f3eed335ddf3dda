/// The exact mixtures on which the benchmarks run.
#pragma once

#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/random.hpp>

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

namespace shockstep::bench {

inline std::shared_ptr<const GaussianMixture> mixture(const at::Tensor& means, double std) {
  return std::make_shared<GaussianMixture>(GaussianMixtureOptions{
      .means = means, .stds = at::scalar_tensor(std, at::kDouble), .covariances = {}, .weights = {}});
}

/// Two modes at -1 and 1, width .1.
inline at::Tensor two_means() { return at::tensor({-1., 1.}, at::kDouble).view({2, 1}); }
inline std::shared_ptr<const GaussianMixture> two_modes() { return mixture(two_means(), .1); }

/// Eight modes on the unit circle, width .1.
inline at::Tensor ring_means() {
  const auto angle = at::arange(8, at::kDouble) * (2 * M_PI / 8);
  return at::stack({angle.cos(), angle.sin()}, 1).contiguous();
}
inline std::shared_ptr<const GaussianMixture> ring() { return mixture(ring_means(), .1); }

inline at::Tensor normal(at::IntArrayRef shape, std::uint64_t seed, std::uint64_t number) {
  at::Tensor out = at::empty(shape, at::kDouble);
  fill_normal({out.mutable_data_ptr<double>(), static_cast<std::size_t>(out.numel())}, seed, Stream::pilot, number, 1);
  return out;
}

/// Means of modes, sqrt(2/d) spread normal: the distance of a pair does not depend on d.
inline at::Tensor loose_means(std::uint64_t seed, std::int64_t d, std::int64_t modes, double spread) {
  return normal({modes, d}, seed, 0) * (spread * std::sqrt(2. / static_cast<double>(d)));
}

/// Means of modes of modes: each of the `branches` has as many children, a third as far apart.
inline at::Tensor tree_means(std::uint64_t seed, std::int64_t d, std::int64_t branches) {
  const double unit = std::sqrt(2. / static_cast<double>(d));
  return (normal({branches, 1, d}, seed, 1) * unit + normal({branches, branches, d}, seed, 2) * (unit / 3))
      .view({branches * branches, d});
}

}  // namespace shockstep::bench
