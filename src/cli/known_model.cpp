#include "cli/known_model.hpp"

#include "model/values.hpp"

#include <shockstep/models/gaussian_mixture.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>

namespace shockstep::cli {
namespace {

at::Tensor rows(std::span<const double> x, std::int64_t d) {
  // from_blob takes no const pointer; the tensor is only read.
  return at::from_blob(const_cast<double*>(x.data()), {static_cast<std::int64_t>(x.size()) / d, d}, at::kDouble);
}

}  // namespace

KnownModel known_model(const ModelPtr& model, double sigma_min) {
  const auto mixture = std::dynamic_pointer_cast<const GaussianMixture>(model);
  if (!mixture) return {};
  // Its products have 64 rows: waiting for a second thread takes longer than they do, minutes in all on a busy machine.
  at::set_num_threads(1);
  const auto d = mixture->dimension();
  const auto at_sigma = [](double sigma) { return at::full({1}, sigma, at::kDouble); };
  return {.dimension = d,
          .means = mixture->means(),
          .variance_min = mixture->variance_min(),
          .denoise = [=](std::span<const double> x,
                         double sigma) { return values(mixture->denoise(rows(x, d), at_sigma(sigma))); },
          .density =
              [=](std::span<const double> x) {
                return values(mixture->log_density(rows(x, d), at_sigma(sigma_min)).exp());
              }};
}

}  // namespace shockstep::cli
