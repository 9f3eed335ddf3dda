/// Functions of lam that the guard's profile is made of, from the paths of a pilot's trajectories.
#pragma once

#include <shockstep/guard.hpp>

#include "trajectory/path_data.hpp"

#include <vector>

namespace shockstep {

inline constexpr int gain_nodes = 240;  ///< of the tables of gain and J

/// J = lambda_max(dD/dx) at gain_nodes points from `begin` to `end` (lam): linear between the probes of one trajectory,
/// J ~ 1/sigma^2 before the first, constant after the last; 1 without probes.
std::vector<double> growth(const std::vector<PathData::Probe>& probes, double begin, double end);

/// ln G(lam) = int_lam^end (J - 1) on the same points, `spacing` apart in lam; trapezoid rule.
std::vector<double> log_gain(const std::vector<double>& J, double spacing);

/// The p quantile over trajectories at every point, smoothed.
LamTable high_gain(const std::vector<std::vector<double>>& gains, double begin, double end, double p);

/// The largest J of any trajectory within `reach` in lam: a window narrower than the probes are apart is not missed.
LamTable largest(const std::vector<std::vector<double>>& J, double begin, double end, double reach);

/// Typical step from lam: a quantile of the accepted steps that start nearest, one for every trajectory, on a coarse grid. `aimed`: of
/// their geometric means with the lengths aimed at, which the controller lags behind.
LamTable typical_steps(const std::vector<const PathData*>& paths, double begin, double end, bool aimed);

}  // namespace shockstep
