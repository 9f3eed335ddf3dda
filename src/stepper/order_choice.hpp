/// How many values the next step of a multistep interpolates: as many as would have missed least lately.
///
/// Every answer of the model is held against what each order extrapolates, which costs no evaluation (Shampine & Gordon 1975 raise
/// and lower the order of Adams' methods by such differences). A trajectory looks at its own steps alone.
#pragma once

#include <array>
#include <span>

namespace shockstep {

class OrderChoice {
 public:
  static constexpr int least = 2, most = 4;

  void restart() { measured_ = 0; }
  /// errors[k - least]: of the step of length h that was made, had it interpolated k values.
  void add(std::span<const double> errors, double h);
  /// Of a step of length h, with `known` values at hand.
  int order(double h, int known) const;

 private:
  std::array<double, most - least + 1> log_error_{};  // smoothed
  int measured_ = 0;                                  // orders from the least to this are known
  double h_ = 1;
};

}  // namespace shockstep
