/// Steps of the reverse SDE. Over a step of length h in lam that ends at sigma1, with a = 1 + eta and D as a function of lam,
///   x1 = e^(-a h) x0 + int_0^h a e^(-a (h - u)) D du + sigma1 sqrt(1 - e^(-2 eta h)) n,   n normal,
/// exactly. The deterministic part is the ODE's exponential step in a lam = -ln sigma^a.
#include "stepper/grid_weights.hpp"

#include <cmath>
#include <vector>

namespace shockstep {

GridStep sde_step(GridStep (*flow)(std::span<const double>, double), std::span<const double> sigmas, double end,
                  double eta) {
  std::vector<double> powers;
  for (const double sigma : sigmas) powers.push_back(std::pow(sigma, 1 + eta));
  GridStep step = flow(powers, std::pow(end, 1 + eta));
  step.spread = end * std::sqrt(-std::expm1(2 * eta * std::log(end / sigmas[0])));
  return step;
}

}  // namespace shockstep
