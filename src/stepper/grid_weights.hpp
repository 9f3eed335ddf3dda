/// Steps that several methods of one evaluation a step are made of, as numbers: on a grid they are known before the run.
#pragma once

#include <shockstep/linear_method.hpp>
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

/// What a step of a grid is made of.
struct GridStep {
  LinearStep predict{};  ///< from the values of D, or (x - D)/sigma, at the nodes
  LinearStep correct{};  ///< from those and the value at the end, which is then the newest; no values: explicit
  double spread =
      0;  ///< of the SDE: standard deviation of the normal noise that is added in every coordinate, data units
};

/// The project's own multistep: D as a polynomial in lam, integrated exactly; the corrector is of one order more.
GridStep exponential_step(std::span<const double> sigmas, double end);

/// The reverse SDE dx = (1 + eta)(D - x) dlam + sqrt(2 eta) sigma dW is the ODE's equation in (1 + eta) lam, with noise; `flow` is a
/// step of the ODE.
GridStep sde_step(GridStep (*flow)(std::span<const double> sigmas, double end), std::span<const double> sigmas,
                  double end, double eta);

}  // namespace shockstep
