/// One trajectory's multistep: its history of D, or of F (stepper.hpp), and the two passes over it, predict and correct.
#pragma once

#include <shockstep/stepper.hpp>

#include "controller/noise_floor.hpp"
#include "core/task.hpp"
#include "state/state.hpp"
#include "stepper/order_choice.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace shockstep {

/// What an attempted step says of itself.
struct StepOutcome {
  double error;   ///< root mean square of corrector - predictor, or the embedded error; NaN or infinite if D is
  double speed2;  ///< |v|^2, v = (D_new - D)/h
  double bend2;   ///< |v - v_before|^2
  double move2;   ///< |D_new - x|^2, x the point of the evaluation
};

class MultistepHistory {
 public:
  /// order 0: as OrderChoice says. scale: of the data, data units: F is interpolated; 0: D.
  MultistepHistory(State& state, int order, double scale = 0);

  Vector x() const { return x_; }
  double lam() const { return lam_; }
  /// Newest value of D, from the model call that ended the last accepted step.
  Vector denoised() const { return denoised_values()[0]; }
  /// D at x() itself, which the corrector has moved from the point of the call: D follows with c, as inside Gaussian data of this scale
  /// (stepper.hpp), F being what it was. Where D is interpolated it is denoised(). Valid until the next step.
  Task<Vector> denoised_at_x();
  /// The value before it, if there are two.
  Vector previous() const { return denoised_values()[1]; }

  /// A new trajectory starts at lam from x(), which the caller has filled. Its D is not known yet.
  void restart(double lam) { lam_ = lam, count_ = 0, dropped_ = false, choice_.restart(); }
  /// Interpolates in asinh(warp/sigma), data units; 0, as from the start: in lam.
  void warp(double warp) { warp_ = warp; }
  /// D at the start.
  Task<> seed(Vector D);

  /// The predictor for a step of length h (negative: up, towards larger sigma) goes to State::point.
  Awaited<Done> predict(double h, int most_values = max_multistep_order);
  /// Of the predictor of the step under way: how many values it interpolates. That of F has a share of one more.
  int order() const { return order_used_; }

  /// Corrects the point with the answer there; nothing is kept until accept().
  Awaited<CorrectionSums> correct();
  /// Instead of predict and correct: another method's step of length h, whose end is State::point and answered.
  Awaited<CorrectionSums> adopt(double h);
  /// What these sums say. `embedded`: of an adopted step its error, root mean square.
  StepOutcome outcome(const CorrectionSums& sums, double embedded = 0) const {
    return {std::abs(weights_.correct) * rms(sums.gap2) + embedded, sums.speed2, sums.bend2, sums.move2};
  }
  /// Before the step is accepted: what other orders would have made of it. Nothing where the order is fixed.
  Task<> compare_orders();
  void accept();

  /// |w.correct| A_k of the step under way: its error per unit of noise in the values of D; see noise_floor.hpp. A_k is
  /// at most that of equal steps: a step that amplifies noise more because it is longer than those before it is to blame.
  double noise_weight() const;
  /// Between predict() and correct(): the gaps of the answer to the extrapolations of the step's order and of one more. The
  /// value that the second one needs is the one dropped by the last accept(); a step that is tried again has lost it.
  Task<StepGaps> gaps();

 private:
  static constexpr int max_slots = max_multistep_order + 1;
  // Values, the next one included. Of D the step before is wanted whatever the order.
  int slots() const { return std::max(most_values_, 2) + 1; }
  bool of_F() const { return scale_ > 0; }
  const Vector* denoised_values() const { return of_F() ? denoised_.data() : values_.data(); }
  MultistepWeights weights(int k) const;
  double over_sigma(double length) const { return length > 0 ? length * std::exp(lam_) : 0; }
  double rms(double square) const { return std::sqrt(square / static_cast<double>(state_.dimension())); }

  State& state_;
  int order_;           // the highest
  int order_used_ = 0;  // by the step under way
  bool varies_;
  double scale_;
  int most_values_;  // of F one more than the order: steps lie between two orders (blended_weights.hpp)
  int count_ = 0;
  bool dropped_ = false;  // the spare holds the value before the oldest one kept
  double lam_ = 0, h_ = 0, warp_ = 0;
  Vector x_, candidate_;
  std::array<Vector, max_slots> values_;  // newest first; the last of slots() is spare
  std::array<Vector, 3> denoised_;        // D beside values of F, likewise
  std::array<double, max_slots> lams_{};
  MultistepWeights weights_;
  OrderChoice choice_;
};

}  // namespace shockstep
