#include "stepper/order_choice.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double memory = .6;        // of the logarithm of an error, from step to step
constexpr double smallest = 1e-300;  // F of Gaussian data is 0

}  // namespace

void OrderChoice::add(std::span<const double> errors, double h) {
  for (int k = least; k < least + static_cast<int>(errors.size()); ++k) {
    const double fresh = std::log(errors[static_cast<std::size_t>(k - least)] + smallest);
    double& known = log_error_[static_cast<std::size_t>(k - least)];
    known = k <= measured_ ? std::lerp(fresh, known, memory) : fresh;
    measured_ = std::max(measured_, k);
  }
  h_ = h;
}

int OrderChoice::order(double h, int known) const {
  known = std::min(known, most);
  const double grows = std::log(h / h_);
  int best = std::min(least, known);
  const auto expected = [&](int k) { return log_error_[static_cast<std::size_t>(k - least)] + (k + 1) * grows; };
  for (int k = best + 1; k <= std::min(known, measured_); ++k)
    if (expected(k) < expected(best)) best = k;
  return best;
}

}  // namespace shockstep
