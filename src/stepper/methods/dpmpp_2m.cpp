#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec dpmpp_2m() {
  return {.name = "dpmpp_2m",
          .summary = "on a grid: DPM-Solver++(2M)",
          .formula = "Lu et al. 2022 (arXiv 2211.01095), algorithm 2",
          .agrees = "k-diffusion sample_dpmpp_2m",
          .orders = {.usual = 2},
          .steps = Linear{.step = [](std::span<const double> sigmas, double end, const SamplerOptions&) {
            return GridStep{dpmpp_step(sigmas, end)};
          }}};
}

}  // namespace shockstep::specs
