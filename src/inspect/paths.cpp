#include "inspect/paths.hpp"

#include <shockstep/stepper.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <cmath>
#include <deque>

namespace shockstep {
namespace {

constexpr double spacing = .12;  // in lam: the end is then exact to some 1e-3 of the data's scale
constexpr std::size_t predictor_order = 3;
constexpr double warp = 1.5;  // as the pilot's, over the scale of the data

}  // namespace

std::vector<double> path_nodes(const Process& process) {
  const double begin = process.lam_begin(), end = process.lam_end();
  const int n = std::max(2, static_cast<int>(std::ceil((end - begin) / spacing)));
  std::vector<double> sigmas{process.sigma_max()};
  for (int i = 1; i < n; ++i) sigmas.push_back(std::exp(-std::lerp(begin, end, static_cast<double>(i) / n)));
  sigmas.push_back(process.sigma_min());
  return sigmas;
}

void follow_paths(Evaluator& model, const std::vector<double>& nodes, const at::Tensor& latents, double scale,
                  const std::function<void(std::size_t, const States&, const at::Tensor&)>& visit) {
  States states{nodes[0] * latents, at::arange(latents.size(0), at::kLong), nodes[0]};
  std::deque<at::Tensor> values{model.denoise(states)};  // of D, newest first
  visit(0, states, values[0]);
  std::vector<double> ages{0};
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const double h = std::log(nodes[i - 1] / nodes[i]);
    const MultistepWeights w = multistep_weights(ages, h, warp * scale / nodes[i - 1]);
    at::Tensor extrapolated = w.extrapolate[0] * values[0];
    at::Tensor x = w.decay * states.x + w.predict[0] * values[0];
    for (std::size_t k = 1; k < ages.size(); ++k) {
      x = x + w.predict[k] * values[k];
      extrapolated = extrapolated + w.extrapolate[k] * values[k];
    }
    states.x = x, states.sigma = nodes[i];
    values.push_front(model.denoise(states));
    visit(i, states, values[0]);
    states.x = x + w.correct * (values[0] - extrapolated);
    for (double& age : ages) age += h;
    ages.insert(ages.begin(), 0.);
    if (ages.size() > predictor_order) ages.pop_back(), values.pop_back();
  }
}

}  // namespace shockstep
