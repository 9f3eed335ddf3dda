#include "engine/mode_weights.hpp"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

namespace shockstep {

void measure_mode_weights(const Modes& modes, const at::Tensor& samples, double sigma, DistributionDistances& out) {
  constexpr std::int64_t most = 4096;  // rows at a time: their responsibilities take K numbers each
  const std::int64_t n = samples.size(0);
  at::Tensor shares = at::zeros({modes.components()}, at::kDouble);
  for (std::int64_t begin = 0; begin < n; begin += most) {
    const at::Tensor part = samples.narrow(0, begin, std::min(most, n - begin));
    shares += modes.responsibilities(part, at::full({part.size(0)}, sigma, at::kDouble)).sum(0);
  }
  const auto weights = modes.weights();
  out.mode_weights.value = -1;
  out.mode_weights_z = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const double w = weights[k], rows = static_cast<double>(n);
    const double deviation = std::abs(shares.const_data_ptr<double>()[k] / rows - w);
    const double error = std::sqrt(w * (1 - w) / rows);
    if (deviation > out.mode_weights.value) out.mode_weights = {deviation, error};
    if (error > 0) out.mode_weights_z = std::max(out.mode_weights_z, deviation / error);
  }
}

}  // namespace shockstep
