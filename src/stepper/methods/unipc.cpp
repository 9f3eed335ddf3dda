#include "stepper/method_spec.hpp"

#include <cassert>
#include <cmath>

namespace shockstep::specs {
namespace {

/// Its linear systems demand that polynomials in lam are integrated exactly, which is exponential_step() whatever B(h) is, except
/// where the authors replace a solution by its limit 1/2 for small h: in the predictor of order 2 and the corrector of order 1.
GridStep unipc_step(std::span<const double> sigmas, double end, const SamplerOptions& options) {
  assert(sigmas.size() <= 3);
  GridStep step = exponential_step(sigmas, end);
  const double h = std::log(sigmas[0] / end), gain = -std::expm1(-h);
  const double half = .5 * (options.solver_type == SolverType::bh1 ? h : gain);  // -B(h)/2
  if (sigmas.size() == 1) step.correct.weights = {half, gain - half};
  if (sigmas.size() == 2) {
    const double slope = half * h / std::log(sigmas[1] / sigmas[0]);
    step.predict.weights = {gain + slope, -slope};
  }
  return step;
}

}  // namespace

MethodSpec unipc() {
  return {.name = "unipc",
          .summary = "on a grid: UniPC of order 1 to 3, bh1 or bh2",
          .formula = "Zhao et al. 2023 (arXiv 2302.04867); `solver_type: bh2` (default) or bh1",
          .agrees = "diffusers UniPCMultistep",
          .orders = {.most = 3, .usual = 2},
          .last_orders = LastOrders::fall,
          .steps = Linear{.step = unipc_step, .corrects = true}};
}

}  // namespace shockstep::specs
