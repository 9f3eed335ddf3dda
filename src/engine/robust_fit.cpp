#include "engine/robust_fit.hpp"

#include "core/cholesky.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace shockstep {
namespace {

constexpr double difference = .02;  // of a parameter, for its derivative: errors of a solver are not smooth below
constexpr double damping_first = 1e-2, damping_least = 1e-6, damping_down = 5, damping_up = 6;
constexpr double enough = .01;  // gain of a round, relative, below which the fit ends
constexpr int most_rounds = 12, most_tries = 4;

using Numbers = std::vector<double>;

double square(std::span<const double> row) {
  double sum = 0;
  for (double e : row) sum += e * e;
  return sum;
}

/// The normal equations H s = -g of the loss, each row weighted by the derivative of its loss.
struct NormalEquations {
  Numbers H, g;

  NormalEquations(const std::vector<Residuals>& J, const Residuals& e, std::size_t length, double scale2)
      : H(J.size() * J.size()), g(J.size()) {
    for (std::size_t begin = 0; begin < e.size(); begin += length) {
      const double weight = 1 / (1 + square({e.data() + begin, length}) / scale2);
      for (std::size_t i = begin; i < begin + length; ++i)
        for (std::size_t a = 0; a < J.size(); ++a) {
          g[a] += weight * J[a][i] * e[i];
          for (std::size_t b = 0; b < J.size(); ++b) H[a * J.size() + b] += weight * J[a][i] * J[b][i];
        }
    }
  }

  /// Marquardt's damping of the diagonal; a small share of the trace keeps it positive.
  Numbers step(double damping) const {
    const std::size_t n = g.size();
    Numbers A = H, b(n);
    double trace = 0;
    for (std::size_t a = 0; a < n; ++a) trace += H[a * n + a], b[a] = -g[a];
    for (std::size_t a = 0; a < n; ++a) A[a * n + a] += damping * (H[a * n + a] + 1e-9 * trace);
    return solve_positive(std::move(A), std::move(b));
  }
};

}  // namespace

double robust_loss(const Residuals& residuals, std::size_t row_length, double scale2) {
  double sum = 0;
  for (std::size_t begin = 0; begin < residuals.size(); begin += row_length)
    sum += std::log1p(square({residuals.data() + begin, row_length}) / scale2);
  if (!std::isfinite(sum)) return std::numeric_limits<double>::infinity();
  return scale2 * sum * static_cast<double>(row_length) / static_cast<double>(residuals.size());
}

std::vector<double> minimise(const RobustProblem& problem, std::vector<double> at, Residuals e, double scale2) {
  double loss = robust_loss(e, problem.row_length, scale2), damping = damping_first;
  for (int round = 0; round < most_rounds; ++round) {
    std::vector<Residuals> J;
    for (std::size_t k = 0; k < at.size(); ++k) {
      Numbers moved = at;
      moved[k] += difference;
      Residuals column = problem.residuals(moved);
      if (column.empty() || !std::isfinite(robust_loss(column, problem.row_length, scale2))) return at;
      for (std::size_t i = 0; i < e.size(); ++i) column[i] = (column[i] - e[i]) / difference;
      J.push_back(std::move(column));
    }
    const NormalEquations equations(J, e, problem.row_length, scale2);
    bool gained = false;
    for (int attempt = 0; attempt < most_tries && !gained; ++attempt) {
      Numbers change = equations.step(damping), next = at;
      const double size = problem.size(change);
      if (!std::isfinite(size)) return at;
      for (std::size_t k = 0; k < at.size(); ++k) next[k] += change[k] * std::min(1., 1 / std::max(size, 1e-12));
      Residuals there = problem.residuals(next);
      if (there.empty()) return at;
      const double loss_there = robust_loss(there, problem.row_length, scale2);
      if (loss_there < loss) {
        gained = loss_there < (1 - enough) * loss;
        at = std::move(next), e = std::move(there), loss = loss_there;
        damping = std::max(damping / damping_down, damping_least);
        if (!gained) return at;
      } else {
        damping *= damping_up;
      }
    }
    if (!gained) return at;
  }
  return at;
}

}  // namespace shockstep
