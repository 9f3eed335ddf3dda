#include "paper/mixture_derivatives.hpp"

#include "paper/numbers.hpp"

namespace shockstep::paper {

MixtureDerivatives mixture_derivatives(const GaussianMixture& model, const Values& x, double sigma) {
  const auto d = static_cast<std::size_t>(model.dimension()), K = static_cast<std::size_t>(model.components());
  const std::size_t n = x.size() / d;
  const Values r =
      values(model.responsibilities(rows(x, model.dimension()), level(static_cast<std::int64_t>(n), sigma)));
  const Values &means = model.means(), variances = model.variances();
  MixtureDerivatives out{Values(n * d), Values(n * d)};
  Values s(K * d), mean(d);
  for (std::size_t i = 0; i < n; ++i) {
    mean.assign(d, 0);
    for (std::size_t k = 0; k < K; ++k)
      for (std::size_t j = 0; j < d; ++j) {
        s[k * d + j] = (means[k * d + j] - x[i * d + j]) / (variances[k * d] + sigma * sigma);
        mean[j] += r[i * K + k] * s[k * d + j];
      }
    for (std::size_t k = 0; k < K; ++k) {
      const double v = variances[k * d] + sigma * sigma, weight = r[i * K + k];
      double size2 = 0, apart2 = 0;
      for (std::size_t j = 0; j < d; ++j) {
        const double delta = s[k * d + j] - mean[j];
        size2 += s[k * d + j] * s[k * d + j], apart2 += delta * delta;
      }
      const double l = size2 - static_cast<double>(d) / v;
      for (std::size_t j = 0; j < d; ++j) {
        const double delta = s[k * d + j] - mean[j];
        out.laplacian[i * d + j] += weight * delta * (apart2 - static_cast<double>(d + 2) / v);
        out.rate[i * d + j] += weight * (delta * l - 2 * s[k * d + j] / v);
      }
    }
  }
  return out;
}

}  // namespace shockstep::paper
