/// A method of one's own on a fixed grid: the weights of its steps, known before the run.
#pragma once

#include <array>
#include <functional>
#include <span>

namespace shockstep {

/// Most values that one step can sum.
inline constexpr int most_linear_values = 6;

/// x at the end = decay x + sum_i weights_i v_i, v the values D, or (x - D)/sigma, at `values` nodes, newest first.
struct LinearStep {
  int values = 0;                                    ///< 1 to most_linear_values, at most as many as there are nodes
  double decay = 1;                                  ///< factor on the state
  std::array<double, most_linear_values> weights{};  ///< those past `values` are not used
};

/// An explicit method for dx/dlam = D - x, or dx/dsigma = (x - D)/sigma, with one evaluation a step.
struct LinearMethod {
  /// The step from node sigmas[0] to `end`, data units. `sigmas`: sigma at the newest nodes that have a value, newest
  /// first; one node in the first step, up to `order` later. Called once a step when a Sampler is made, never during
  /// its runs. Sampler throws ConfigError where it is empty or returns no step of this kind.
  std::function<LinearStep(std::span<const double> sigmas, double end)> step{};
  int order = 1;       ///< most nodes that a step is given, 1 to most_linear_values
  bool noise = false;  ///< values are (x - D)/sigma instead of D
};

}  // namespace shockstep
