#include "inspect/mixture.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <vector>

namespace shockstep {
namespace {

constexpr std::int64_t most_covariance = 256;  // coordinates

}  // namespace

std::shared_ptr<const GaussianMixture> mixture_at(const ClusterSection& clusters, const at::Tensor& samples,
                                                  double sigma_min) {
  const std::int64_t d = samples.size(1);
  std::vector<double> means, weights;
  std::vector<std::int64_t> index(clusters.sizes.size(), -1);
  for (std::size_t k = 0; k < clusters.sizes.size(); ++k) {
    if (clusters.sizes[k] == 0) continue;
    index[k] = std::ssize(weights);
    weights.push_back(static_cast<double>(clusters.sizes[k]));
    means.insert(means.end(), clusters.means.begin() + static_cast<std::ptrdiff_t>(k) * d,
                 clusters.means.begin() + static_cast<std::ptrdiff_t>(k + 1) * d);
  }
  const std::int64_t K = std::ssize(weights);
  at::Tensor centres = at::empty({K, d}, at::kDouble), w = at::empty({K}, at::kDouble);
  std::ranges::copy(means, centres.mutable_data_ptr<double>());
  std::ranges::copy(weights, w.mutable_data_ptr<double>());

  std::vector<at::Tensor> rows;
  at::Tensor apart = at::empty({w.sum().to(at::kLong).item<std::int64_t>(), d}, at::kDouble);
  std::int64_t n = 0;
  for (std::size_t i = 0; i < clusters.of_sample.size(); ++i)
    if (const int k = clusters.of_sample[i]; k >= 0)
      apart[n++].copy_(samples[static_cast<std::int64_t>(i)] - centres[index[static_cast<std::size_t>(k)]]);
  const double rows_known = static_cast<double>(std::max<std::int64_t>(1, n));
  GaussianMixtureOptions options{.means = centres, .weights = w};
  if (d <= most_covariance) {
    const at::Tensor pooled =
        at::matmul(apart.t(), apart) / rows_known + sigma_min * sigma_min * at::eye(d, at::kDouble);
    options.covariances = ((pooled + pooled.t()) / 2).unsqueeze(0).expand({K, d, d}).contiguous();
  } else {
    const double variance = apart.pow(2).sum().item<double>() / rows_known / static_cast<double>(d);
    options.stds = at::full({}, std::sqrt(variance + sigma_min * sigma_min), at::kDouble);
  }
  return std::make_shared<const GaussianMixture>(options);
}

ModelPtr rounded_like(const std::shared_ptr<const GaussianMixture>& mixture, bool float32) {
  if (!float32) return mixture;
  return make_model(
      [mixture](const at::Tensor& x, const at::Tensor& sigma) {
        const auto single = [](const at::Tensor& t) { return t.to(at::kFloat).to(at::kDouble); };
        return single(mixture->denoise(single(x), single(sigma)));
      },
      {.shape = mixture->shape()});
}

}  // namespace shockstep
