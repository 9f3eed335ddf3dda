#include "model/exact_draw.hpp"
#include "model/gaussian_mixture_parts.hpp"

#include <ATen/ops/empty.h>

#include <cmath>

namespace shockstep {

// Component k with probability w_k, then x = mu_k + U_k (sqrt(e_k + sigma^2) z).
at::Tensor GaussianMixture::draw(std::int64_t count, double sigma, std::uint64_t seed) const {
  const Parts& p = *parts_;
  at::Tensor out = at::empty({count, d_}, at::kDouble);
  const std::vector<double> w = weights();
  std::vector<double> z(static_cast<std::size_t>(d_));
  for (std::int64_t i = 0; i < count; ++i) {
    double left = draw_uniform(seed, i, 1);
    std::int64_t k = 0;
    for (; k < K_ - 1 && left > w[static_cast<std::size_t>(k)]; ++k) left -= w[static_cast<std::size_t>(k)];
    draw_normal(z, seed, i);
    for (std::int64_t j = 0; j < d_; ++j) z[static_cast<std::size_t>(j)] *= std::sqrt(p.variance(k, j) + sigma * sigma);
    double* x = out.data_ptr<double>() + i * d_;
    for (std::int64_t a = 0; a < d_; ++a) {
      x[a] = p.mean[static_cast<std::size_t>(k * d_ + a)];
      if (!p.full) {
        x[a] += z[static_cast<std::size_t>(a)];
      } else {
        for (std::int64_t j = 0; j < d_; ++j)
          x[a] += p.rotation[static_cast<std::size_t>((k * d_ + a) * d_ + j)] * z[static_cast<std::size_t>(j)];
      }
    }
  }
  return out;
}

}  // namespace shockstep
