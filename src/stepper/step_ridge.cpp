#include "stepper/step_ridge.hpp"

#include "core/cholesky.hpp"
#include "core/statistics.hpp"

#include <algorithm>
#include <limits>

namespace shockstep {
namespace {

constexpr int reweightings = 3;
constexpr double far_residual = .9;  // over the median, for each row: of many a single one cannot do much
constexpr double vanishing = std::numeric_limits<double>::min();
constexpr double least_diagonal = 1e-14;  // of the sums, below which they are not positive definite

double mean_product(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum / static_cast<double>(a.size());
}

/// The weighted sums over rows, and what solves them.
struct WeightedSums {
  std::vector<double> A, b;

  explicit WeightedSums(std::size_t n) : A(n * n), b(n) {}

  void add(const RowMoments& row, double weight) {
    for (std::size_t i = 0; i < A.size(); ++i) A[i] += weight * row.A[i];
    for (std::size_t i = 0; i < b.size(); ++i) b[i] += weight * row.b[i];
  }
  std::vector<double> solved(double penalty) const {
    auto with_prior = A;
    for (std::size_t k = 0; k < b.size(); ++k) penalty += least_diagonal * A[k * (b.size() + 1)];
    for (std::size_t k = 0; k < b.size(); ++k) with_prior[k * (b.size() + 1)] += penalty;
    return solve_positive(std::move(with_prior), b);
  }
};

}  // namespace

RowMoments::RowMoments(std::span<const std::span<const double>> features, std::span<const double> target)
    : c(mean_product(target, target)) {
  for (const auto& g : features) {
    b.push_back(mean_product(g, target));
    for (const auto& other : features) A.push_back(mean_product(g, other));
  }
}

double RowMoments::residual(std::span<const double> x) const {
  double sum = c;
  for (std::size_t k = 0; k < x.size(); ++k) {
    sum -= 2 * b[k] * x[k];
    for (std::size_t l = 0; l < x.size(); ++l) sum += x[k] * A[k * x.size() + l] * x[l];
  }
  return std::max(sum, 0.);
}

std::vector<double> robust_ridge(std::span<const RowMoments> rows, double strength) {
  const std::size_t features = rows.front().b.size();
  std::vector<double> weights(rows.size(), 1.);
  for (int round = 0;; ++round) {
    double square = 0, weight = 0;
    for (std::size_t p = 0; p < rows.size(); ++p) square += weights[p] * rows[p].c, weight += weights[p];
    const double penalty = (square > 0 ? strength * square / weight : 0) + vanishing;  // F of Gaussian data is 0
    WeightedSums all(features);
    for (std::size_t p = 0; p < rows.size(); ++p) all.add(rows[p], weights[p]);
    if (round == reweightings) return all.solved(penalty);

    std::vector<double> left;
    for (std::size_t p = 0; p < rows.size(); ++p) {
      WeightedSums others(features);
      for (std::size_t other = 0; other < rows.size(); ++other)
        if (other != p) others.add(rows[other], weights[other]);
      left.push_back(rows[p].residual(others.solved(penalty)));
    }
    const double usual = far_residual * static_cast<double>(rows.size()) * quantile(left, .5) + vanishing;
    for (std::size_t p = 0; p < rows.size(); ++p) weights[p] = 1 / (1 + left[p] / usual);
  }
}

}  // namespace shockstep
