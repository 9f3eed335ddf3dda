#include <shockstep/controller.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {

StepController::Verdict StepController::judge(double ratio, double h, double order, bool force) {
  if (force) {  // the step stands whatever its error; nothing is learned from it
    rejected_ = false;
    return {true, 1};
  }
  if (!std::isfinite(ratio)) {
    rejected_ = true;
    return {false, shrink};
  }
  ratio = std::max(ratio, 1e-10);
  if (ratio > 1) {
    rejected_ = true;
    return {false, std::clamp(safety * std::pow(ratio, -1 / order), shrink, 1.)};
  }
  const double log_ratio = std::log(ratio), log_roughness = log_ratio - order * std::log(h);
  const double rise = known_ ? std::clamp(log_roughness - log_roughness_, -largest_trend, largest_trend) : 0;
  const double factor = std::exp((integral * (std::log(target) - log_ratio) - trend * rise) / order);
  log_roughness_ = log_roughness;
  known_ = true;
  // After a rejection the length just found is right: do not grow at once.
  const double largest = rejected_ ? 1 : growth;
  rejected_ = false;
  return {true, std::clamp(factor, shrink, largest)};
}

double StepController::aim(double ratio, double order) const {
  return std::clamp(std::pow(target / ratio, 1 / order), 1 / growth, growth);
}

}  // namespace shockstep
