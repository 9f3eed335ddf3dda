#include "stepper/grid_plan.hpp"
#include "stepper/method_spec.hpp"

namespace shockstep::specs {
namespace {

GridStep step_of_D(std::span<const double> sigmas, double end) { return exponential_step(sigmas, end); }

}  // namespace

MethodSpec multistep() {
  const auto step = [](std::span<const double> sigmas, double end, const SamplerOptions& options) {
    return options.dynamics == Dynamics::sde ? sde_step(step_of_D, sigmas, end, options.eta) : step_of_D(sigmas, end);
  };
  return {.name = "multistep",
          .summary = "exponential multistep with data prediction, one evaluation a step",
          .formula = "this project's, without warp: stepper.hpp",
          .sde = true,
          .orders = {.most = max_multistep_order, .usual = 3},
          .longest_step = 2.5,
          .steps = Multistep{{.step = step, .corrects = true}}};
}

}  // namespace shockstep::specs
