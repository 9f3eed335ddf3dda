#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec deis() {
  return {.name = "deis",
          .summary = "on a grid: DEIS of order 1 to 4, in ln sigma",
          .formula = "Zhang & Chen 2023 (arXiv 2204.13902), the noise a polynomial in ln sigma",
          .agrees = "diffusers DEISMultistep (to order 3)",
          .orders = {.most = 4, .usual = 2},
          .last_orders = LastOrders::fall_if_few,
          .steps = Linear{
              .step = [](std::span<const double> sigmas, double end,
                         const SamplerOptions&) { return GridStep{adams_step(sigmas, end, PolynomialIn::log_sigma)}; },
              .predicts_noise = true}};
}

}  // namespace shockstep::specs
