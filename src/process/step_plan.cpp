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
constexpr std::array shape_log_h{-.185, -.219, -.855, -1.247, -1.456, -1.194, -.25, -.084};

// ln of the errors of steps that most models make where the shape is tried with usual_tried of them: medians over the tuning networks,
// moved to what their errors at the end are worth.
constexpr auto usual_l = [] {
  std::array<double, 25> l{};
  for (std::size_t i = 0; i < l.size(); ++i) l[i] = -5 + .5 * static_cast<double>(i);
  return l;
}();
constexpr std::array usual_error{-5.3,  -5.,   -4.6,  -4.4,  -4.25, -4.15, -4.25, -4.4,  -4.55,
                                 -4.35, -4.35, -4.2,  -4.65, -5.,   -4.65, -4.75, -5.05, -5.35,
                                 -5.55, -6.,   -6.45, -7.3,  -8.3,  -9.,   -11.};
constexpr double usual_tried = 13;
// Steps get longer or shorter where a model's errors are smaller or larger: a step's error falls with its length to the power
// error_power; `trust` of what that says is believed, smoothed over `width` in l.
constexpr double error_power = 4, trust = 1.25, width = .58, least_excess = -3, most_excess = 4;
// The first step interpolates one value only, and its error falls with the square of its length: the more steps there are, the
// shorter it is among them. Steps grow to what they would be over `reach` times the first one's length.
constexpr double shortest_first = .05, reach = 2.5;
constexpr std::size_t full_order = 2;  // steps before those that interpolate three values

// The law of tolerances: 97 % of the errors, over data_std, are below law_error (nodes/law_nodes)^-law_order e^(law_excess x), x the mean
// excess at law_l, on nine networks of ten; on half of them 1.7 times smaller.
constexpr double law_error = .0161, law_nodes = 18, law_order = 3.8, law_excess = .8, least_law_excess = -1.5;
constexpr std::array law_l{0., 1., 2.};
// What the jumps of a network that is rough in time add to errors: rough_error (nodes/law_nodes)^-1/2 of its roughness beyond that of
// a smooth one; 95 % are below.
constexpr double rough_error = 7.3, smooth = 4e-4;

// ln of a step's error over data_std at 18 nodes, and how fast it falls: nodes^-order.
constexpr std::array<double, 13> error_l{-6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6};
constexpr std::array error_18{-5.95, -5.81, -5.58, -5.43, -5.55, -5.69, -5.73,
                              -5.58, -3.80, -3.38, -3.66, -3.58, -3.54};
constexpr std::array error_order{5.8, 5.9, 5.8, 5.6, 5.3, 5.2, 5.0, 4.9, 4.4, 3.8, 3.9, 3.5, 3.3};

constexpr int fine = 4001, table_nodes = 241;

double log_error(const TriedStep& step) { return std::log(step.error + 1e-12); }  // F of Gaussian data is 0

/// ln of a model's error there over what most models have.
double excess_log_error(const ModelScales& scales, double lam) {
  const double from_tried = error_power * std::log(usual_tried / static_cast<double>(scales.tried.size()));
  double sum = 0, weights = 1e-9;
  for (const TriedStep& step : scales.tried) {
    const double weight = std::exp(-.5 * std::pow((lam - step.lam) / width, 2));
    const double usual = interpolated(usual_l, usual_error, -step.lam - std::log(scales.data_std));
    sum += weight * (log_error(step) - usual - from_tried);
    weights += weight;
  }
  return std::clamp(sum / weights, least_excess, most_excess);
}

}  // namespace

StepPlan::StepPlan(const ModelScales& scales, double begin, double end, double nodes)
    : begin_(begin), end_(end), nodes_(nodes) {
  const bool tried = !scales.tried.empty();
  std::vector<double> lengths;  // up to a constant
  for (int i = 0; i < fine; ++i) {
    const double lam = lam_of(i), log_h = interpolated(shape_l, shape_log_h, -lam - std::log(scales.data_std));
    lengths.push_back(std::exp(log_h - (tried ? trust / error_power * excess_log_error(scales, lam) : 0)));
  }
  share_out(lengths);
  const double first = lam_at(1) - begin, shorter = tried ? first_shorter(scales.tried, first) : 1;
  if (shorter == 1) return;
  for (int i = 0; i < fine; ++i)
    lengths[static_cast<std::size_t>(i)] *= std::min(1., std::lerp(shorter, 1, (lam_of(i) - begin) / (reach * first)));
  share_out(lengths);
}

double StepPlan::lam_of(int i) const { return begin_ + (end_ - begin_) * i / (fine - 1); }

void StepPlan::share_out(const std::vector<double>& lengths) {
  shares_ = {0};
  for (std::size_t i = 1; i < lengths.size(); ++i)
    shares_.push_back(shares_.back() + .5 * (1 / lengths[i - 1] + 1 / lengths[i]));
  const double sum = shares_.back();
  for (double& share : shares_) share *= (nodes_ - 1) / sum;
}

/// By how much the first step, were it so long, must be shorter to err no more than the others.
double StepPlan::first_shorter(const std::vector<TriedStep>& tried, double length) const {
  double usual = 0;  // ln of the error of steps that have their full order
  for (std::size_t i = full_order; i < tried.size(); ++i) usual += log_error(tried[i]);
  usual /= static_cast<double>(tried.size() - full_order);
  const double wanted = std::exp(usual) * std::pow((static_cast<double>(tried.size()) + 1) / nodes_, error_power),
               first = tried[0].error * std::pow(length / tried[0].length, 2);
  return std::clamp(std::sqrt(wanted / first), shortest_first, 1.);
}

double StepPlan::length(double lam) const {
  const double at = (lam - begin_) / (end_ - begin_) * (fine - 1);
  const auto i = static_cast<std::size_t>(std::clamp(at, 0., fine - 2.));
  return (end_ - begin_) / (fine - 1) / (shares_[i + 1] - shares_[i]);
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

LamTable expected_log_errors(const ModelScales& scales, double begin, double end, double nodes) {
  LamTable table{begin, end, {}};
  for (int k = 0; k < table_nodes; ++k) {
    const double lam = begin + (end - begin) * k / (table_nodes - 1), l = -lam - std::log(scales.data_std);
    const double excess = scales.tried.empty() ? 0 : std::max(0., excess_log_error(scales, lam));
    table.values.push_back(interpolated(error_l, error_18, l) + excess -
                           interpolated(error_l, error_order, l) * std::log(nodes / law_nodes));
  }
  return table;
}

PlannedError::PlannedError(const MeasuredScales& scales) : roughness_(std::max(0., scales.roughness - smooth)) {
  if (scales.tried.empty()) return;
  double excess = 0;
  for (const double l : law_l) excess += excess_log_error(scales, -l - std::log(scales.data_std)) / law_l.size();
  at_law_nodes_ = std::exp(law_excess * std::max(excess, least_law_excess));
}

double PlannedError::with(double nodes) const {
  return law_error * at_law_nodes_ * std::pow(nodes / law_nodes, -law_order);
}

double PlannedError::nodes_for(double error) const {
  return law_nodes * std::pow(error / (law_error * at_law_nodes_), -1 / law_order);
}

double PlannedError::floor(double nodes) const { return rough_error * roughness_ / std::sqrt(nodes / law_nodes); }

}  // namespace shockstep
