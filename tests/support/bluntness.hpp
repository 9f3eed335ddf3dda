/// How much larger error estimates are than errors: the other side of coverage, which an infinite estimate has in full.
#pragma once

#include <shockstep/result.hpp>

#include <ATen/ATen.h>

#include <vector>

namespace shockstep::test {

/// The estimate is m c P (S/T)^3 (docs/guard.md), m = 1.8 and c the largest of 33 ratios of error to predictor. Were their
/// logarithms normal with deviation s, that would be 1.8 e^{2.05 s} times the median error as a rule: s = .63 gives the 6.6
/// measured on twenty mixtures. The largest of 33 exceeds 3.9 s in one pilot of 600: 1.8 e^{3.9 s}.
inline constexpr double bluntest = 21;

/// Median estimate over median error. errors: [count], of the trajectories of the reports.
inline double bluntness(const at::Tensor& errors, const std::vector<TrajectoryReport>& reports) {
  std::vector<double> estimates;
  for (const TrajectoryReport& report : reports) estimates.push_back(report.error_estimate);
  return (at::tensor(estimates, at::kDouble).median() / errors.median()).item<double>();
}

}  // namespace shockstep::test
