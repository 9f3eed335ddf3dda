/// Recognises noise in a model's output, and says how much of a step's error it explains.
///
/// A computed D is a smooth function plus values of root mean square nu that no neighbouring call predicts: rounding of a
/// float32 network, a quantised output, roughness in x or sigma. The gap between a fresh D and its extrapolation through
/// k values is then
///   gap_k^2 = (smooth part, falls as h^k)^2 + A_k^2 nu^2,   A_k^2 = 1 + sum_i w_i^2 with the extrapolation's weights w,
/// and its second part makes a step error |w.correct| A_k nu, which no change of h but a crawl makes small. Where the first
/// part rules, one value more extrapolates better: gap_k+1/gap_k is about h over the time scale of D, and stays small over
/// a feature however short once the step resolves it. Where noise rules, gap_k+1/A_k+1 = gap_k/A_k = nu at every order.
///
/// A feature that is not resolved, or a jump, spoils only the steps whose values lie on both sides of it, at most k + 1.
/// Noise is therefore recognised only after many more short steps have looked like it than have not.
///
/// Roughness on a scale below h looks like noise at every order, too, and what it costs grows with h. So only short steps
/// show noise, at first and when it has grown; it fades with the tolerance unless they show it again, since the roughness
/// of a network that predicts the noise is proportional to sigma, as is the tolerance above the scale of the data; and no
/// step is so long that its error from noise is above the noise itself.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {

/// What a step's error is compared with: its part that is the model's noise, and what is allowed on top.
struct StepBound {
  double model_noise = 0;
  double allowed = 0;

  double largest() const { return model_noise + allowed; }
  /// Error over tolerance as the step control should see it. Noise counts as no error, since it must not shorten steps.
  double ratio(double error) const { return std::max(0., error - model_noise) / allowed; }
};

/// Root mean squares over coordinates of one accepted step, data units; all zero: not measured.
struct StepGaps {
  double h = 0;       ///< length in lam
  double gap = 0;     ///< gap_k/A_k
  double higher = 0;  ///< gap_k+1/A_k+1; NaN where there are not enough values
};

class NoiseFloor {
 public:
  void reset() { *this = {}; }

  /// Whether add() has a use for a step of this length: the gap of one order more need not be computed otherwise.
  bool wants(double h) const { return h < short_step || found(); }

  /// An accepted step, and its tolerance.
  void add(const StepGaps& step, double tolerance) {
    if (found() && tolerance < tolerance_) {
      const double fade = tolerance / tolerance_;
      variance_ *= fade * fade;
    }
    tolerance_ = std::min(tolerance_, tolerance);
    if (std::isnan(step.higher) || step.gap == 0) return;  // zero also if D does not move: quantised
    const bool noisy = step.higher > alike * step.gap;
    const bool eligible = noisy && step.h < short_step;
    shown_ = eligible ? std::min(shown_ + 1, evidence) : std::max(shown_ - 1, 0);
    if (!found()) {
      if (shown_ == 0) sum_ = count_ = 0;
      if (eligible) sum_ += step.gap * step.gap, ++count_;
      if (shown_ == evidence) variance_ = sum_ / count_;
      return;
    }
    // Noise changes with sigma. Upward only on full evidence; downward whenever a step shows less.
    const double bound = noisy ? step.gap : step.higher;
    const bool proved = eligible && shown_ == evidence;
    if (proved || bound * bound < variance_) variance_ += memory * (bound * bound - variance_);
  }

  bool found() const { return variance_ > 0; }
  /// nu, data units; 0: no noise found.
  double level() const { return std::sqrt(variance_); }

  /// For a step with this tolerance, and |w.correct| A_k. Twice the noise covers its scatter in a few dimensions. As much
  /// again is left for the smooth part, however small the tolerance: a step control that holds it to less would shorten
  /// steps whose error is noise anyway.
  StepBound bound(double tolerance, double weight) const {
    const double noise = std::min(weight, 1.) * level();
    return {2 * noise, std::max(tolerance, noise)};
  }

 private:
  static constexpr double short_step = .05;  // in lam: longer steps may fail to resolve D without any noise
  static constexpr double alike = .5;        // gaps of two orders over their amplifications: 1 for noise
  static constexpr int evidence = 24;        // four times the steps that a jump spoils at the highest order
  static constexpr double memory = .25;

  int shown_ = 0, count_ = 0;
  double sum_ = 0, variance_ = 0;
  double tolerance_ = std::numeric_limits<double>::infinity();  // least so far
};

}  // namespace shockstep
