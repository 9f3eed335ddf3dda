/// An explicit Runge-Kutta method with an embedded error, as numbers.
#pragma once

#include <cstddef>
#include <vector>

namespace shockstep {

/// x_i = x + h sum_j a[i][j] k_j, where k_i is the slope at x_i and lam + c_i h; the end of the step is x + h sum_i b_i k_i, and
/// its error against the embedded solution h sum_i error_i k_i.
struct Tableau {
  int order, error_order;              ///< of the solution that is propagated, and of the embedded one
  std::vector<std::vector<double>> a;  ///< row i has i entries
  std::vector<double> b, error, c;     ///< error: b less the embedded solution's

  /// The last stage is the end of the step, and its slope the first of the next one.
  bool first_same_as_last() const {
    return a.back() == std::vector(b.begin(), b.end() - 1) && c.back() == 1 && b.back() == 0;
  }
  /// Of a step, the slope at its end included, the first one known.
  int evaluations() const { return static_cast<int>(b.size()) - (first_same_as_last() ? 1 : 0); }
};

}  // namespace shockstep
