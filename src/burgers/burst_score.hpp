/// A free score of how violently a path decided.
#pragma once

#include <cmath>

namespace shockstep {

/// S^2 = sum_n (|v_n|^2 + |v_n - v_n-1|^2)/(sigma_n sigma_n-1),  v_n = (D_n - D_n-1)/h_n.
///
/// A trajectory that lingers in an interface decides late and in a burst: for two modes the peak of |dD/dlam|/sigma is
/// about J^(1/2) (J - 1). S ranks trajectories by true error almost as well as an oracle, at no model evaluation.
class BurstScore {
 public:
  void reset() { *this = {}; }

  /// An accepted step from lam0 to lam1; speed2 = |v_n|^2, bend2 = |v_n - v_n-1|^2.
  void add(double speed2, double bend2, double lam0, double lam1) {
    const double part = (speed2 + bend2) * std::exp(lam0 + lam1);
    sum_ += part;
    if (part > .1 * largest_) late_ = lam1;
    if (part > largest_) largest_ = part;
  }

  double value() const { return std::sqrt(sum_); }
  /// lam at the end of the burst: the last step whose part exceeded a tenth of the largest before it.
  double late() const { return late_; }

 private:
  double sum_ = 0, largest_ = 0, late_ = 0;
};

}  // namespace shockstep
