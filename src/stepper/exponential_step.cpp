#include "stepper/grid_weights.hpp"

#include <cmath>

namespace shockstep {

GridStep exponential_step(std::span<const double> sigmas, double end) {
  std::array<double, max_multistep_order> ages;
  for (std::size_t i = 0; i < sigmas.size(); ++i) ages[i] = std::log(sigmas[i] / sigmas[0]);
  const auto w = multistep_weights({ages.data(), sigmas.size()}, std::log(sigmas[0] / end));
  GridStep step;
  step.predict = {.values = w.order, .decay = w.decay};
  step.correct = {.values = w.order + 1, .decay = w.decay};
  step.correct.weights[0] = w.correct;
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    step.predict.weights[i] = w.predict[i];
    step.correct.weights[i + 1] = w.predict[i] - w.correct * w.extrapolate[i];
  }
  return step;
}

}  // namespace shockstep
