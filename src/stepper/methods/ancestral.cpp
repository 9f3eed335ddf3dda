#include "stepper/method_spec.hpp"

#include <cmath>

namespace shockstep::specs {
namespace {

/// Down to a smaller sigma by Euler's method, then up to the end by noise: as k-diffusion has it for a variance exploding process.
GridStep ancestral_step(std::span<const double> sigmas, double end, const SamplerOptions& options) {
  const double eta = options.eta, ratio = end / sigmas[0];
  const double up = eta * end * std::sqrt((1 - ratio) * (1 + ratio));
  const double down = end * std::sqrt((1 - eta) * (1 + eta) + eta * eta * ratio * ratio);  // up^2 + down^2 = end^2
  GridStep step{.predict = {.values = 1, .decay = down / sigmas[0]}, .spread = up};
  step.predict.weights[0] = 1 - down / sigmas[0];
  return step;
}

}  // namespace

MethodSpec ancestral() {
  return {
      .name = "ancestral",
      .summary = "reverse SDE, on a grid: ancestral sampling with DDIM's eta",
      .formula = "Ho et al. 2020 (arXiv 2006.11239), with the eta of DDIM: Song et al. 2021 (arXiv 2010.02502), eq. 16",
      .agrees = "k-diffusion sample_euler_ancestral",
      .ode = false,
      .sde = true,
      .flow = "euler",
      .orders = {.usual = 1},
      .steps = Linear{.step = ancestral_step}};
}

}  // namespace shockstep::specs
