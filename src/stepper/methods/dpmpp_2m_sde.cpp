#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec dpmpp_2m_sde() {
  return {.name = "dpmpp_2m_sde",
          .summary = "reverse SDE, on a grid: DPM-Solver++(2M) SDE",
          .formula = "DPM-Solver++(2M) SDE, midpoint: Lu et al. 2022 (arXiv 2211.01095)",
          .agrees = "k-diffusion sample_dpmpp_2m_sde",
          .ode = false,
          .sde = true,
          .flow = "dpmpp_2m",
          .orders = {.usual = 2},
          .steps = Linear{.step = [](std::span<const double> sigmas, double end, const SamplerOptions& options) {
            const auto flow = [](std::span<const double> s, double e) { return GridStep{dpmpp_step(s, e)}; };
            return sde_step(flow, sigmas, end, options.eta);
          }}};
}

}  // namespace shockstep::specs
