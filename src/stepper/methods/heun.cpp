#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec heun() {
  return {.name = "heun",
          .summary = "on a grid: Heun in sigma (EDM), 2 evaluations a step",
          .formula = "Karras et al. 2022 (arXiv 2206.00364), algorithm 1",
          .agrees = "k-diffusion sample_heun",
          .steps = Heun{}};
}

}  // namespace shockstep::specs
