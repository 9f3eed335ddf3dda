#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec dpmpp_3m_sde() {
  return {.name = "dpmpp_3m_sde",
          .summary = "reverse SDE, on a grid: DPM-Solver++(3M) SDE",
          .formula = "DPM-Solver++(3M) SDE: the same with three values",
          .agrees = "k-diffusion sample_dpmpp_3m_sde",
          .ode = false,
          .sde = true,
          .flow = "dpmpp_3m",
          .orders = {.usual = 3},
          .steps = Linear{.step = [](std::span<const double> sigmas, double end, const SamplerOptions& options) {
            // Its second step integrates the line exactly.
            const auto flow = [](std::span<const double> s, double e) {
              return GridStep{s.size() == 2 ? exponential_step(s, e).predict : dpmpp_step(s, e)};
            };
            return sde_step(flow, sigmas, end, options.eta);
          }}};
}

}  // namespace shockstep::specs
