#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec euler() {
  return {.name = "euler",
          .summary = "on a grid: Euler in sigma (DDIM)",
          .formula = "Euler in sigma; DDIM of Song et al. 2021 (arXiv 2010.02502) without noise",
          .agrees = "k-diffusion sample_euler",
          .orders = {.usual = 1},
          .steps = Linear{
              .step = [](std::span<const double> sigmas, double end,
                         const SamplerOptions&) { return GridStep{adams_step(sigmas, end, PolynomialIn::sigma)}; },
              .predicts_noise = true}};
}

}  // namespace shockstep::specs
