/// What a step adds to y = x/sqrt(sigma^2 + s^2) as weights of the values of F (stepper.hpp): what they are in theory, and in which
/// directions a fit moves them.
#pragma once

#include <shockstep/fitted_solver.hpp>
#include <shockstep/sampler_options.hpp>

#include <span>
#include <vector>

namespace shockstep {

/// Values that the analytic predictor and corrector interpolate, towards which a fit draws its weights.
inline constexpr std::size_t predictor_values = 3, corrector_values = 4;

/// int k dlam from `from` to `to` with F = 1, where dy/dlam = k F, k = sigma/(sigma^2 + s^2); lam = -ln sigma.
double kernel_integral(double from, double to, double s);

/// The same with the polynomial through the values of F at `lams`, in any order: the weight of each. By Gauss' rule with ten nodes.
std::vector<double> integrated_weights(std::span<const double> lams, double from, double to, double s);

/// The value at lam of the polynomial through those values: the weight of each.
std::vector<double> interpolating_weights(std::span<const double> lams, double lam);

/// What the last step to `end` adds to P_N (fitted_solver.hpp): with Final::denoise the part of D that is F, extrapolated.
std::vector<double> last_weights(std::span<const double> lams, double from, double end, double s, Final final);

/// g_k: the newest of the values at `lams`, newest first, less what the k before it extrapolate to; g_0 the value itself. Has k + 1
/// weights. Of a smooth F it falls with k.
std::vector<double> gap_weights(std::span<const double> lams, std::size_t k);

/// The exponential multistep on the nodes of a solver: weights of each of its steps as those of FittedSolver::steps.
std::vector<SolverStep> analytic_steps(const FittedSolver& solver);

}  // namespace shockstep
