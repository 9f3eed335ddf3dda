#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec dpmpp_3m() {
  return {.name = "dpmpp_3m",
          .summary = "on a grid: DPM-Solver++(3M)",
          .formula = "DPM-Solver++ with three values, as in the authors' code",
          .agrees = "diffusers EDMDPMSolverMultistep, solver_order 3",
          .orders = {.usual = 3},
          .last_orders = LastOrders::fall_if_few,
          .highest = 2,  // its second difference has half its weight: stepper/dpmpp_weights.cpp
          .steps = Linear{.step = [](std::span<const double> sigmas, double end, const SamplerOptions&) {
            return GridStep{dpmpp_step(sigmas, end)};
          }}};
}

}  // namespace shockstep::specs
