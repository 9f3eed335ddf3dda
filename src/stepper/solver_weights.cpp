#include "stepper/solver_weights.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {

double kernel_integral(double from, double to, double s) {
  return (std::atan(std::exp(-from) / s) - std::atan(std::exp(-to) / s)) / s;
}

std::vector<double> interpolating_weights(std::span<const double> lams, double lam) {
  std::vector<double> weights(lams.size(), 1.);
  for (std::size_t i = 0; i < lams.size(); ++i)
    for (std::size_t j = 0; j < lams.size(); ++j)
      if (j != i) weights[i] *= (lam - lams[j]) / (lams[i] - lams[j]);
  return weights;
}

std::vector<double> integrated_weights(std::span<const double> lams, double from, double to, double s) {
  using Gauss = boost::math::quadrature::gauss<double, 10>;
  std::vector<double> sum(lams.size());
  const double half = .5 * (to - from), middle = .5 * (from + to);
  const auto add = [&](double at, double weight) {
    const double lam = middle + half * at, sigma = std::exp(-lam);
    const auto basis = interpolating_weights(lams, lam);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += half * weight * sigma / (sigma * sigma + s * s) * basis[i];
  };
  for (std::size_t q = 0; q < Gauss::abscissa().size(); ++q) {
    add(Gauss::abscissa()[q], Gauss::weights()[q]);
    add(-Gauss::abscissa()[q], Gauss::weights()[q]);
  }
  return sum;
}

std::vector<double> last_weights(std::span<const double> lams, double from, double end, double s, Final final) {
  auto weights = integrated_weights(lams, from, end, s);
  if (final == Final::keep) return weights;
  // D = s^2/(sigma^2 + s^2) x + sigma/sqrt(sigma^2 + s^2) F, over s^2/sqrt(sigma^2 + s^2).
  const auto there = interpolating_weights(lams, end);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] += std::exp(-end) / (s * s) * there[i];
  return weights;
}

std::vector<double> gap_weights(std::span<const double> lams, std::size_t k) {
  std::vector<double> weights{1};
  if (k == 0) return weights;
  for (const double w : interpolating_weights(lams.subspan(1, k), lams[0])) weights.push_back(-w);
  return weights;
}

std::vector<SolverStep> analytic_steps(const FittedSolver& solver) {
  const double s = solver.data_std, end = -std::log(solver.sigma_min);
  const std::size_t count = solver.sigmas.size();
  std::vector<double> lams;  // of the nodes so far, newest first
  const auto newest = [&](std::size_t most) { return std::span(lams).first(std::min(most, lams.size())); };
  std::vector<SolverStep> out;
  for (std::size_t n = 0; n < count; ++n) {
    lams.insert(lams.begin(), -std::log(solver.sigmas[n]));
    SolverStep& step = out.emplace_back();
    if (n > 0) step.correct = integrated_weights(newest(corrector_values), lams[1], lams[0], s);
    step.predict = n + 1 == count
                       ? last_weights(newest(predictor_values), lams[0], end, s, solver.final)
                       : integrated_weights(newest(predictor_values), lams[0], -std::log(solver.sigmas[n + 1]), s);
  }
  return out;
}

}  // namespace shockstep
