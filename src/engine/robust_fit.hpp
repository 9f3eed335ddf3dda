/// Least squares with a robust loss: Levenberg-Marquardt on few parameters, where an evaluation of the residuals is dear.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace shockstep {

/// All rows one after the other, each of the same length.
using Residuals = std::vector<double>;

struct RobustProblem {
  /// Empty if no more evaluations are allowed.
  std::function<Residuals(const std::vector<double>& parameters)> residuals;
  /// The largest change that a change of the parameters makes to the model's own variables; an update makes 1 at most.
  std::function<double(const std::vector<double>& change)> size;
  std::size_t row_length = 1;
};

/// Mean over rows of c^2 ln(1 + |e|^2/c^2), with `scale2` = c^2: a row far beyond c, at the wrong mode, has an error that is
/// not linear in the parameters, and hardly counts (Cauchy's loss). Infinite if a residual is not finite.
double robust_loss(const Residuals& residuals, std::size_t row_length, double scale2);

/// Parameters at the least loss found from `start`, where the residuals are `first`.
std::vector<double> minimise(const RobustProblem& problem, std::vector<double> start, Residuals first, double scale2);

}  // namespace shockstep
