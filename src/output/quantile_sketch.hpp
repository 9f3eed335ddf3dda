/// Quantiles of a stream in bounded memory.
#pragma once

#include "core/exact_sum.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>

namespace shockstep {

/// Counts non-negative numbers in logarithmic bins: a quantile is off by at most 1 % of itself, mean and maximum are
/// exact, and memory is bounded by the range of a double (some 60 000 bins), in practice by a few hundred. After
/// Masson, Rim & Lee 2019 (DDSketch). NaN is left out. The order of the numbers changes
/// nothing.
class QuantileSketch {
 public:
  void add(double value) {
    if (std::isnan(value)) return;
    ++count_;
    sum_.add(value);
    if (!(value <= maximum_)) maximum_ = value;
    if (value > 0 && std::isfinite(value))
      ++bins_[static_cast<int>(std::ceil(std::log(value) / width))];
    else if (!(value > 0))
      ++zeros_;
  }

  std::int64_t count() const { return count_; }
  double mean() const { return sum_.value() / static_cast<double>(count_); }
  double maximum() const { return maximum_; }

  /// The counts themselves, for a histogram: bin b holds the values from low_edge(b) to low_edge(b + 1).
  const std::map<int, std::int64_t>& bins() const { return bins_; }
  static double low_edge(int bin) { return std::exp((bin - 1) * width); }
  std::int64_t zeros() const { return zeros_; }

  /// The value that a share q of the numbers does not exceed; NaN if there were none.
  double quantile(double q) const {
    if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
    const double rank = q * static_cast<double>(count_ - 1);
    auto seen = static_cast<double>(zeros_);
    if (seen > rank) return 0;
    for (const auto& [bin, n] : bins_) {
      seen += static_cast<double>(n);
      if (seen > rank) return std::fmin(std::exp((bin - .5) * width), maximum_);
    }
    return maximum_;
  }

 private:
  static constexpr double width = .02;  // width of a bin in ln(value): its middle is within 1 % of all its values

  std::int64_t count_ = 0, zeros_ = 0;
  ExactSum sum_;
  double maximum_ = -std::numeric_limits<double>::infinity();
  std::map<int, std::int64_t> bins_;
};

}  // namespace shockstep
