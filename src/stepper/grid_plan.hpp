/// Everything about a run on a grid that is the same for all its trajectories.
#pragma once

#include <shockstep/grid.hpp>

#include "core/nan.hpp"
#include "stepper/grid_weights.hpp"

#include <memory>
#include <vector>

namespace shockstep {

/// What a step may be over the one before it, in lam, where states are corrected. Such a method has asked for D at the predicted state: two
/// values at nearly the same sigma differ by the shift of the corrector, and the step magnifies that difference by this ratio.
inline constexpr double most_growth = 20;

struct GridPlan {
  Method method = Method::multistep;
  std::vector<double> sigmas{};  ///< the nodes, descending
  int evaluations = 0;           ///< of a trajectory
  int order = 0;                 ///< the highest one that the grid has room for; 0 where the method has one order only
  int wanted_order = 0;          ///< the one that was asked for
  double eta = 0;                ///< of the reverse SDE; 0: the ODE
  double scale =
      0;  ///< above 0: the multistep interpolates F with this scale (stepper.hpp), and `order` 0 is its choice

  double error_estimate = nan;  ///< of every sample; NaN: unknown. Data units

  /// What makes the steps instead, each from a node to the next and the last one, which is not evaluated; null: the method.
  std::shared_ptr<const FittedSolver> solver{};
  /// Of a solver: what its guard takes trajectories along again that decided late; null: none.
  std::shared_ptr<const GridPlan> again{};

  // Of methods with one evaluation a step; the n-th leads from node n to node n + 1.
  bool predicts_noise = false;        ///< values are (x - D)/sigma instead of D
  std::vector<LinearStep> predict{};  ///< empty for heun, the Runge-Kutta methods and the multistep of F
  std::vector<LinearStep> correct{};  ///< empty for explicit methods
  std::vector<double> spread{};       ///< standard deviation of the noise that a step adds; empty: none
};

/// Whether D at the end of a step corrects it: such a method evaluates every node, whatever is returned.
bool corrects(Method method);
/// Nodes of a grid of `count` steps, as schedule.hpp defines them.
int grid_nodes(Method method, Final final, int count);

/// options.steps must be set. Throws ConfigError for a grid that does not fit.
GridPlan make_grid_plan(const Process& process, const SamplerOptions& options);

}  // namespace shockstep
