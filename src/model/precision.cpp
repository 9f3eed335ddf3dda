#include <shockstep/precision.hpp>

#include "model/network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

constexpr double float32_epsilon = std::numeric_limits<float>::epsilon(), longest = .5;

}  // namespace

double epsilon(const ScoreModel& model) {
  if (model.exact()) return std::numeric_limits<double>::epsilon();
  const NetworkOptions* options = network_options(model);
  if (!options) return float32_epsilon;
  switch (options->dtype) {
    case NetworkType::float64: return std::numeric_limits<double>::epsilon();
    case NetworkType::float16: return 0x1p-10;
    case NetworkType::bfloat16: return 0x1p-7;
    case NetworkType::float32: break;
  }
  return float32_epsilon;
}

bool half_precision(const ScoreModel& model) { return epsilon(model) > float32_epsilon; }

double difference_step(const ScoreModel& model, DifferenceStep found, Difference kind) {
  const double eps = epsilon(model);
  if (eps < float32_epsilon) return found.float64;
  if (eps == float32_epsilon) return found.float32;
  return std::min(longest, found.float32 * std::pow(eps / float32_epsilon, 1. / static_cast<int>(kind)));
}

ModelPtr in_float32(const ScoreModel& model, const Process& process) {
  return half_precision(model) ? loaded_in_float32(model, process) : nullptr;
}

}  // namespace shockstep
