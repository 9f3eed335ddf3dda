#include "process/whole_times.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

// A network that cuts off what is behind the point must not be told a little less than the whole time.
constexpr double over = 1e-6;

}  // namespace

WholeTimes::WholeTimes(const Process& process)
    : process_(process),
      first_(std::floor(process.time(process.sigma_min())) + 1),
      last_(std::ceil(process.time(process.sigma_max())) - 1) {}

double WholeTimes::sigma(double time) const {
  double low = std::log(process_.sigma_min()), high = std::log(process_.sigma_max());
  for (double middle = .5 * (low + high); low < middle && middle < high; middle = .5 * (low + high))
    (process_.time(std::exp(middle)) < time ? low : high) = middle;
  return std::exp(high);
}

double WholeTimes::sigma_told(double whole) const { return sigma(whole + over); }

double WholeTimes::lam_near(double lam, double from) const {
  // A node that stands on a whole time is told a little more.
  const double below = std::ceil(process_.time(std::exp(-from)) - 2 * over) - 1;
  const double wanted =
      std::round(process_.time(std::clamp(std::exp(-lam), process_.sigma_min(), process_.sigma_max())));
  const double whole = std::min({wanted, below, last_});
  return whole < first_ ? process_.lam_end() : -std::log(sigma_told(whole));
}

std::vector<double> WholeTimes::moved(const std::vector<double>& sigmas) const {
  const auto count = static_cast<double>(sigmas.size());
  if (last_ - first_ + 1 < count) return sigmas;
  std::vector<double> out;
  double before = last_ + 1;
  for (std::size_t n = 0; n < sigmas.size(); ++n) {
    const double left = count - 1 - static_cast<double>(n);  // of those after it
    before = std::clamp(std::round(process_.time(sigmas[n])), first_ + left, before - 1);
    out.push_back(sigma_told(before));
  }
  return out;
}

}  // namespace shockstep
