#include <shockstep/controller.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {

PiController::Verdict PiController::judge(double ratio, int order, bool force) {
  const bool finite = std::isfinite(ratio);
  if (force) {  // the step stands whatever its error; nothing is learned from it
    rejected_ = false;
    return {true, 1};
  }
  if (!finite) {
    rejected_ = true;
    return {false, shrink};
  }
  ratio = std::max(ratio, 1e-10);
  if (ratio > 1) {
    rejected_ = true;
    return {false, std::clamp(safety * std::pow(ratio, -1. / order), shrink, 1.)};
  }
  const double log_ratio = std::log(ratio);
  const double factor = safety * std::exp((-integral * log_ratio + proportional * last_log_ratio_) / order);
  last_log_ratio_ = std::max(log_ratio, std::log(1e-4));
  // After a rejection the length just found is right: do not grow at once.
  const double largest = rejected_ ? 1 : growth;
  rejected_ = false;
  return {true, std::clamp(factor, shrink, largest)};
}

}  // namespace shockstep
