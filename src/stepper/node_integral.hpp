/// The integral of a function known at the nodes of steps of unequal length, as the nodes arrive.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace shockstep {

/// Several functions at the same nodes. Each interval is integrated by the polynomial through its two ends and up to three
/// nodes before it (Adams-Moulton); the error is what the oldest of these contributed.
class NodeIntegral {
 public:
  explicit NodeIntegral(std::size_t functions);

  void reset() { count_ = 0; }
  /// The next node, at t, and the functions there. Returns the error of the interval that ends there: it falls as the
  /// length to the power order().
  double add(double t, std::span<const double> values);
  int order() const { return static_cast<int>(count_); }

  /// From the first node to the last, signed.
  std::span<const double> integrals() const { return integrals_; }
  /// Sum of the errors of the intervals: the absolute changes that the last order made, of the mean over functions.
  double error() const { return error_; }

 private:
  static constexpr std::size_t most = 5;  // nodes of a polynomial

  std::size_t functions_, count_ = 0;
  std::array<double, most> t_{};                    // newest first
  std::array<std::vector<double>, most> values_{};  // newest first
  std::vector<double> integrals_;
  double error_ = 0;
};

}  // namespace shockstep
