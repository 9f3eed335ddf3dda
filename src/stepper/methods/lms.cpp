#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec lms() {
  return {.name = "lms",
          .summary = "on a grid: linear multistep of order 1 to 4, in sigma",
          .formula =
              "the noise a polynomial in sigma: Adams and Bashforth, tAB-DEIS of Zhang & Chen 2023 (arXiv 2204.13902)",
          .agrees = "k-diffusion sample_lms",
          .orders = {.most = 4, .usual = 4},
          .steps = Linear{
              .step = [](std::span<const double> sigmas, double end,
                         const SamplerOptions&) { return GridStep{adams_step(sigmas, end, PolynomialIn::sigma)}; },
              .predicts_noise = true}};
}

}  // namespace shockstep::specs
