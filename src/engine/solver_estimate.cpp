#include "engine/solver_estimate.hpp"

#include "core/statistics.hpp"
#include "stepper/gap_ratio.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace shockstep {
namespace {

// Of logarithms of errors at usual gaps: what they vary by on the tuning networks, for how many rows that counts beside a model's own,
// and how many such spreads above their mean an estimate is.
constexpr double expected_spread = .8, rows_of_spread = 20, spreads_above = 2;
constexpr double vanishing_error = 1e-3;  // of the largest

}  // namespace

std::vector<double> usual_gaps(const std::vector<std::vector<double>>& gaps) {
  std::vector<double> usual(gaps.front().size());
  for (const auto& row : gaps)
    for (std::size_t n = 0; n < usual.size(); ++n) usual[n] += row[n] * row[n];
  for (double& u : usual) u = std::sqrt(u / static_cast<double>(gaps.size()));
  return usual;
}

std::vector<double> gap_ratios(const std::vector<std::vector<double>>& gaps, const std::vector<double>& usual) {
  std::vector<double> out;
  for (const auto& row : gaps) out.push_back(gap_ratio(row, usual));
  return out;
}

// The fourth root of the sum of fourth powers, so that a tenth of the other adds nothing that is seen.
double with_references(double estimate, double own) { return std::sqrt(std::hypot(estimate * estimate, own * own)); }

double usual_estimate(const std::vector<double>& errors, const std::vector<double>& ratios) {
  const double least = vanishing_error * std::ranges::max(errors);
  if (least == 0) return 0;
  std::vector<double> logs;
  for (std::size_t row = 0; row < errors.size(); ++row)
    logs.push_back(std::log(std::max(errors[row], least) / std::pow(ratios[row], gap_power)));
  const double count = static_cast<double>(logs.size()), own = standard_deviation(logs);
  const double spread = std::sqrt((count * own * own + rows_of_spread * expected_spread * expected_spread) /
                                  (count - 1 + rows_of_spread));
  return std::exp(mean(logs) + spreads_above * spread);
}

}  // namespace shockstep
