/// DPM-Solver++, multistep with data prediction: Lu et al. 2022 (arXiv 2211.01095), algorithm 2 for two values ("midpoint");
/// for three values as in the authors' code, k-diffusion and diffusers. There the second difference of D enters with half
/// the weight that Taylor's formula gives it, which leaves an error of h^3 D''/12 in a step, against 5 h^3 D''/12 with two
/// values and equal steps: the same order, but smaller. A method that agrees with the others has to do the same.
#include "stepper/grid_weights.hpp"

#include <cassert>
#include <cmath>

namespace shockstep {

LinearStep dpmpp_step(std::span<const double> sigmas, double end) {
  const double h = std::log(sigmas[0] / end), gain = -std::expm1(-h);
  LinearStep step{.values = static_cast<int>(sigmas.size()), .decay = end / sigmas[0]};
  const auto ratio = [&](std::size_t i) { return std::log(sigmas[i + 1] / sigmas[i]) / h; };  // of step lengths
  if (sigmas.size() == 1) {
    step.weights[0] = gain;
  } else if (sigmas.size() == 2) {
    const double half = .5 * gain / ratio(0);
    step.weights = {gain + half, -half};
  } else {
    assert(sigmas.size() == 3);
    const double r0 = ratio(0), r1 = ratio(1);
    const double phi2 = 1 - gain / h, phi3 = (h - gain) / (h * h) - .5;
    // a (D0 - D1)/r0 + b (D1 - D2)/r1
    const double a = phi2 * (1 + r0 / (r0 + r1)) - phi3 / (r0 + r1), b = phi2 - a;
    step.weights = {gain + a / r0, b / r1 - a / r0, -b / r1};
  }
  return step;
}

}  // namespace shockstep
