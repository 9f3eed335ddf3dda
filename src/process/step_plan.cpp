#include "process/step_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace shockstep {
namespace {

/// Piecewise linear, constant beyond its ends.
template <std::size_t N>
double interpolated(const std::array<double, N>& at, const std::array<double, N>& value, double x) {
  if (x <= at.front()) return value.front();
  if (x >= at.back()) return value.back();
  const auto i = static_cast<std::size_t>(std::ranges::upper_bound(at, x) - at.begin()) - 1;
  return std::lerp(value[i], value[i + 1], (x - at[i]) / (at[i + 1] - at[i]));
}

// ln h up to a constant.
constexpr std::array shape_l{-5.2, -3.2, -1.8, -.7, .3, 1.3, 2.6, 4.6};
constexpr std::array shape_log_h{-.405, -.399, -.905, -1.197, -1.376, -1.374, 0., -.134};

// Data that are wider in one direction than in most decide earlier: the part of the shape above `split` begins later, by `stretch`
// of what ln(spread) exceeds `round`.
constexpr double split = .5, stretch = .75, round = 1;
// Above this l a rough network's steps grow less, ln h by a share of what others' do: what it says there is not smooth in time, errors
// fall slowly with the length, and the more nodes there are, the more of them it needs. That is rough_share at law_nodes.
constexpr double rough_l = 1.4, rough_share = .5;

// The law of tolerances: 97 % of the errors, over data_std, are below law_error (nodes/law_nodes)^-law_order on nine networks of ten;
// on half of them 2.3 times smaller.
constexpr double law_error = .024, law_nodes = 18, law_order = 3.95;

// ln of a step's error over data_std at 18 nodes, and how fast it falls: nodes^-order.
constexpr std::array<double, 13> error_l{-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6};
constexpr std::array error_18{-5.95, -5.81, -5.58, -5.43, -5.55, -5.69, -5.73,
                              -5.58, -3.80, -3.38, -3.66, -3.58, -3.54};
constexpr std::array error_order{5.8, 5.9, 5.8, 5.6, 5.3, 5.2, 5.0, 4.9, 4.4, 3.8, 3.9, 3.5, 3.3};

constexpr int fine = 4001, table_nodes = 241;

double log_step(const ModelScales& scales, double nodes, double l) {
  if (l > split) l = split + std::max(l - split - stretch * std::max(0., std::log(scales.spread) - round), 0.);
  const double log_h = interpolated(shape_l, shape_log_h, l);
  if (!scales.rough || l <= rough_l) return log_h;
  const double share = std::min(1., rough_share * std::pow(law_nodes / nodes, 2));
  return std::lerp(interpolated(shape_l, shape_log_h, rough_l), log_h, share);
}

}  // namespace

StepPlan::StepPlan(const ModelScales& scales, double begin, double end, double nodes)
    : begin_(begin), end_(end), nodes_(nodes) {
  const double spacing = (end - begin) / (fine - 1);
  double sum = 0, before = 0;
  for (int i = 0; i < fine; ++i) {
    const double lam = begin + spacing * i,
                 density = std::exp(-log_step(scales, nodes, -lam - std::log(scales.data_std)));
    if (i > 0) sum += .5 * (before + density) * spacing;
    shares_.push_back(sum);
    before = density;
  }
  for (double& share : shares_) share *= (nodes - 1) / sum;
}

/// Steps before lam; beyond the end at the density there.
double StepPlan::share(double lam) const {
  const double at = (lam - begin_) / (end_ - begin_) * (fine - 1);
  const auto i = static_cast<std::size_t>(std::clamp(at, 0., fine - 2.));
  return std::lerp(shares_[i], shares_[i + 1], at - static_cast<double>(i));
}

double StepPlan::lam_at(double share) const {
  const auto after =
      std::clamp<std::ptrdiff_t>(std::ranges::upper_bound(shares_, share) - shares_.begin(), 1, fine - 1);
  const auto i = static_cast<std::size_t>(after) - 1;
  const double at = static_cast<double>(i) + (share - shares_[i]) / (shares_[i + 1] - shares_[i]);
  return begin_ + (end_ - begin_) * at / (fine - 1);
}

std::vector<double> StepPlan::inner_sigmas() const {
  std::vector<double> sigmas;
  for (int n = 1; n < static_cast<int>(nodes_) - 1; ++n) sigmas.push_back(std::exp(-lam_at(n)));
  return sigmas;
}

LamTable StepPlan::steps() const {
  LamTable table{begin_, end_, {}};
  for (int k = 0; k < table_nodes; ++k) {
    const double lam = begin_ + (end_ - begin_) * k / (table_nodes - 1);
    table.values.push_back(lam_at(share(lam) + 1) - lam);
  }
  return table;
}

LamTable expected_log_errors(double data_std, double begin, double end, double nodes) {
  LamTable table{begin, end, {}};
  for (int k = 0; k < table_nodes; ++k) {
    const double l = -(begin + (end - begin) * k / (table_nodes - 1)) - std::log(data_std);
    table.values.push_back(interpolated(error_l, error_18, l) -
                           interpolated(error_l, error_order, l) * std::log(nodes / law_nodes));
  }
  return table;
}

double error_with(double nodes) { return law_error * std::pow(nodes / law_nodes, -law_order); }

double nodes_for(double relative_tolerance) {
  return law_nodes * std::pow(relative_tolerance / law_error, -1 / law_order);
}

}  // namespace shockstep
