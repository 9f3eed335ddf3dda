/// Adams-Bashforth methods for dx/dsigma = eps(x, sigma), eps = (x - D)/sigma the predicted noise:
///   x(end) = x + sum_j eps_j int_sigma^end l_j(clock(s)) ds,  l_j Lagrange's basis at the nodes.
/// With the clock sigma this is k-diffusion's and diffusers' LMS and tAB-DEIS of Zhang & Chen 2023 (arXiv 2204.13902) for a
/// variance exploding process; with ln sigma it is DEIS as diffusers has it (solver_type logrho).
#include "stepper/grid_weights.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <cmath>

namespace shockstep {

// Polynomials of degree 3 times e^(ln sigma): 20 nodes are exact to rounding for steps of up to ten in ln sigma.
using Gauss20 = boost::math::quadrature::gauss<double, 20>;

LinearStep adams_step(std::span<const double> sigmas, double end, PolynomialIn clock) {
  const bool log = clock == PolynomialIn::log_sigma;
  const auto time = [log](double sigma) { return log ? std::log(sigma) : sigma; };
  LinearStep step;
  step.values = static_cast<int>(sigmas.size());
  for (std::size_t j = 0; j < sigmas.size(); ++j) {
    const auto basis = [&](double t) {
      double value = log ? std::exp(t) : 1;  // ds/dt
      for (std::size_t k = 0; k < sigmas.size(); ++k)
        if (k != j) value *= (t - time(sigmas[k])) / (time(sigmas[j]) - time(sigmas[k]));
      return value;
    };
    step.weights[j] = -Gauss20::integrate(basis, time(end), time(sigmas[0]));
  }
  return step;
}

}  // namespace shockstep
