/// Steps of the reverse SDE. Over a step of length h in lam that ends at sigma1, with a = 1 + eta and D as a function of lam,
///   x1 = e^(-a h) x0 + int_0^h a e^(-a (h - u)) D du + sigma1 sqrt(1 - e^(-2 eta h)) n,   n normal,
/// exactly. The deterministic part is the ODE's exponential step in a lam = -ln sigma^a.
#include "stepper/grid_weights.hpp"

#include <cassert>
#include <cmath>
#include <vector>

namespace shockstep {

NoisyStep sde_step(Method method, std::span<const double> sigmas, double end, double eta) {
  std::vector<double> powers;
  for (const double sigma : sigmas) powers.push_back(std::pow(sigma, 1 + eta));
  const double last = std::pow(end, 1 + eta);
  NoisyStep step{.spread = end * std::sqrt(-std::expm1(2 * eta * std::log(end / sigmas[0])))};
  if (method == Method::multistep)
    step.sums = exponential_step(powers, last);
  else if (method == Method::dpmpp_3m_sde && sigmas.size() == 2)  // its second step integrates the line exactly
    step.sums.predict = exponential_step(powers, last).predict;
  else
    step.sums.predict = dpmpp_step(powers, last);
  return step;
}

/// Down to a smaller sigma by Euler's method, then up to the end by noise: Song et al. 2021 (arXiv 2010.02502), eq. 16, as
/// k-diffusion has it for a variance exploding process.
NoisyStep ancestral_step(double sigma, double end, double eta) {
  const double ratio = end / sigma;
  const double up = eta * end * std::sqrt((1 - ratio) * (1 + ratio));
  const double down = end * std::sqrt((1 - eta) * (1 + eta) + eta * eta * ratio * ratio);  // up^2 + down^2 = end^2
  NoisyStep step{.spread = up};
  step.sums.predict = {.values = 1, .decay = down / sigma};
  step.sums.predict.weights[0] = 1 - down / sigma;
  return step;
}

}  // namespace shockstep
