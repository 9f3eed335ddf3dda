#include "stepper/grid_weights.hpp"

#include <cassert>
#include <cmath>

namespace shockstep {

PredictorCorrector exponential_step(std::span<const double> sigmas, double end) {
  std::array<double, max_multistep_order> ages;
  for (std::size_t i = 0; i < sigmas.size(); ++i) ages[i] = std::log(sigmas[i] / sigmas[0]);
  const auto w = multistep_weights({ages.data(), sigmas.size()}, std::log(sigmas[0] / end));
  PredictorCorrector step;
  step.predict = {.values = w.order, .decay = w.decay};
  step.correct = {.values = w.order + 1, .decay = w.decay};
  step.correct.weights[0] = w.correct;
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    step.predict.weights[i] = w.predict[i];
    step.correct.weights[i + 1] = w.predict[i] - w.correct * w.extrapolate[i];
  }
  return step;
}

/// Zhao et al. 2023 (arXiv 2302.04867). Its linear systems demand that polynomials in lam are integrated exactly, which
/// is exponential_step() whatever B(h) is, except where the authors replace a solution by its limit 1/2 for small h: in the
/// predictor of order 2 and the corrector of order 1.
PredictorCorrector unipc_step(std::span<const double> sigmas, double end, SolverType type) {
  assert(sigmas.size() <= 3);
  PredictorCorrector step = exponential_step(sigmas, end);
  const double h = std::log(sigmas[0] / end), gain = -std::expm1(-h);
  const double half = .5 * (type == SolverType::bh1 ? h : gain);  // -B(h)/2
  if (sigmas.size() == 1) step.correct.weights = {half, gain - half};
  if (sigmas.size() == 2) {
    const double slope = half * h / std::log(sigmas[1] / sigmas[0]);
    step.predict.weights = {gain + slope, -slope};
  }
  return step;
}

}  // namespace shockstep
