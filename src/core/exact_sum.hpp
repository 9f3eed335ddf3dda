/// A sum of doubles that does not depend on their order.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace shockstep {

/// Shewchuk 1997, "Adaptive precision floating-point arithmetic", grow-expansion: the exact sum as partial sums that do not
/// overlap, a few in practice. value() is that sum, rounded once.
class ExactSum {
 public:
  void add(double x) {
    if (!std::isfinite(x)) {
      beyond_ += x;
      return;
    }
    std::size_t kept = 0;
    for (double y : parts_) {
      if (std::abs(x) < std::abs(y)) std::swap(x, y);
      const double high = x + y, low = y - (high - x);
      if (low != 0) parts_[kept++] = low;
      x = high;
    }
    parts_.resize(kept);
    if (x != 0) parts_.push_back(x);
  }

  double value() const {
    if (beyond_ != 0) return beyond_;
    double sum = 0, rest = 0;
    std::size_t left = parts_.size();
    while (left > 0 && rest == 0) {  // from the largest, until one is lost to rounding
      const double high = sum, part = parts_[--left];
      sum = high + part;
      rest = part - (sum - high);
    }
    // Exactly half a unit was lost, and what is left decides: Python's math.fsum rounds so.
    if (left > 0 && (rest < 0) == (parts_[left - 1] < 0)) {
      const double twice = 2 * rest, next = sum + twice;
      if (twice == next - sum) sum = next;
    }
    return sum;
  }

 private:
  std::vector<double> parts_;  // ascending
  double beyond_ = 0;          // infinities and NaN
};

}  // namespace shockstep
