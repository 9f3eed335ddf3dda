/// Steps of the methods that take one evaluation a step, as numbers: on a grid they are known before the run.
#pragma once

#include <shockstep/linear_method.hpp>
#include <shockstep/sampler_options.hpp>
#include <shockstep/stepper.hpp>

#include <span>

namespace shockstep {

// The corrector of the highest order sums as many values.
static_assert(most_linear_values == max_multistep_order + 1);

// `sigmas`: of the nodes that the step uses, newest first, and `end` the sigma it leads to. order: sigmas.size().

/// The values (x - D)/sigma = dx/dsigma as a polynomial in `clock`, integrated over sigma. Order 1 is Euler's method.
enum class PolynomialIn { sigma, log_sigma };
LinearStep adams_step(std::span<const double> sigmas, double end, PolynomialIn clock);

/// DPM-Solver++ with data prediction, orders 1 to 3.
LinearStep dpmpp_step(std::span<const double> sigmas, double end);

/// A predictor from the values of D at the nodes, and a corrector from those and D at the end, which is then the newest.
struct PredictorCorrector {
  LinearStep predict, correct;
};
/// The project's own multistep: D as a polynomial in lam, integrated exactly.
PredictorCorrector exponential_step(std::span<const double> sigmas, double end);

/// The reverse SDE: a step adds normal noise of standard deviation `spread` in every coordinate to what its sums give.
struct NoisyStep {
  PredictorCorrector sums{};  ///< `correct` without values: explicit
  double spread = 0;          ///< data units
};
/// dx = (1 + eta)(D - x) dlam + sqrt(2 eta) sigma dW is the ODE's equation in (1 + eta) lam, with noise: multistep, dpmpp_2m_sde
/// and dpmpp_3m_sde.
NoisyStep sde_step(Method method, std::span<const double> sigmas, double end, double eta);
/// Ancestral sampling with DDIM's eta; one sigma.
NoisyStep ancestral_step(double sigma, double end, double eta);

/// UniPC, orders 1 to 3.
PredictorCorrector unipc_step(std::span<const double> sigmas, double end, SolverType type);

}  // namespace shockstep
