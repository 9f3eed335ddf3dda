#include "engine/step_warp.hpp"

#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>

namespace shockstep {
namespace {

constexpr int most_modes = 3;        // more of them fit the pilot's rows rather than the model
constexpr double dense_width = 1.3;  // in lam

}  // namespace

StepWarp::StepWarp(const Process& process, int nodes)
    : process_(process), steps_(nodes - 1), modes_(std::min(most_modes, steps_ - 1)) {}

double StepWarp::mode(int k, int n) const {
  return std::numbers::sqrt2 * std::cos(k * std::numbers::pi * (n + .5) / steps_);
}

double StepWarp::exponent(const std::vector<double>& a, int n) const {
  double sum = 0;
  for (int k = 1; k <= modes_; ++k) sum += a[static_cast<std::size_t>(k - 1)] * mode(k, n);
  return sum;
}

double StepWarp::largest_exponent(const std::vector<double>& a) const {
  double most = 0;
  for (int n = 0; n < steps_; ++n) most = std::max(most, std::abs(exponent(a, n)));
  return most;
}

std::vector<double> StepWarp::sigmas(const std::vector<double>& a) const {
  std::vector<double> lengths{0};  // from the first node
  for (int n = 0; n < steps_; ++n) lengths.push_back(lengths.back() + std::exp(exponent(a, n)));
  std::vector<double> out;
  for (double length : lengths)
    out.push_back(
        std::exp(-process_.lam_begin() - (process_.lam_end() - process_.lam_begin()) * length / lengths.back()));
  out.front() = process_.sigma_max(), out.back() = process_.sigma_min();
  return out;
}

std::vector<double> StepWarp::dense_about(double centre, double even) const {
  const double begin = process_.lam_begin(), end = process_.lam_end();
  const auto before = [&](double lam) {  // share of the nodes, up to a constant
    const double normal = .5 * std::erf((lam + std::log(centre)) / (dense_width * std::numbers::sqrt2));
    return even * lam / (end - begin) + (1 - even) * normal;
  };
  const auto place = [&](int n) {
    if (n == 0) return begin;
    if (n == steps_) return end;
    const double share = std::lerp(before(begin), before(end), static_cast<double>(n) / steps_);
    std::uintmax_t most = 200;
    const auto [low, high] =
        boost::math::tools::toms748_solve([&](double lam) { return before(lam) - share; }, begin, end,
                                          boost::math::tools::eps_tolerance<double>(40), most);
    return std::midpoint(low, high);
  };
  std::vector<double> a(amplitudes());
  for (int n = 0; n < steps_; ++n) {
    const double log_step = std::log(place(n + 1) - place(n));
    for (int k = 1; k <= modes_; ++k) a[static_cast<std::size_t>(k - 1)] += log_step * mode(k, n) / steps_;
  }
  return a;
}

}  // namespace shockstep
