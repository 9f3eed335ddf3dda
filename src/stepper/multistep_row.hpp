/// One trajectory's multistep state on borrowed memory, and the two fused passes over it: predict and correct.
#pragma once

#include <shockstep/stepper.hpp>

#include "controller/noise_floor.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace shockstep {

class MultistepRow {
 public:
  /// Doubles needed for a trajectory of dimension d: two states and the values of D, the next one included.
  static std::size_t memory(int order, std::size_t d) { return (2 + slots(order)) * d; }

  MultistepRow() = default;
  MultistepRow(double* memory, int order, std::size_t d);

  std::span<double> x() { return {x_, d_}; }
  std::span<const double> x() const { return {x_, d_}; }
  double lam() const { return lam_; }
  /// Newest value of D, from the model call that ended the last accepted step.
  std::span<const double> denoised() const { return {values_[0], d_}; }
  /// Change of D in the last accepted step: denoised() - previous(); previous() needs two values.
  std::span<const double> previous() const { return {values_[1], d_}; }
  int count() const { return count_; }

  /// A new trajectory starts at lam from x(), which the caller has filled. Its D is not known yet.
  void restart(double lam) { lam_ = lam, count_ = 0, dropped_ = false; }
  /// D is interpolated in asinh(scale/sigma), `scale` in data units; 0, as from the start: in lam.
  void warp(double scale) { scale_ = scale; }
  /// D at the start.
  void seed(std::span<const double> D);

  /// Writes the predictor for a step of length h (negative: up, towards larger sigma) to `out` and returns the weights' order: the number of values of D used,
  /// at most `most_values`.
  int predict(double h, std::span<double> out, int most_values = max_multistep_order);

  struct Outcome {
    double error;  ///< root mean square of corrector - predictor; NaN or infinite if D is
    double rate2;  ///< |v|^2, v = (D_new - D)/h
    double bend2;  ///< |v - v_before|^2
    double move2;  ///< |D_new - x|^2, x the point of the evaluation
  };
  /// Corrects `predicted` with the fresh D evaluated there; nothing is kept until accept().
  Outcome correct(std::span<const double> predicted, std::span<const double> fresh);
  /// Instead of predict and correct: another method's step of length h, with its end, D there and its error.
  Outcome adopt(double h, std::span<const double> end, std::span<const double> D, double error);
  void accept();

  /// |w.correct| A_k of the step under way: its error per unit of noise in the values of D; see noise_floor.hpp. A_k is
  /// at most that of equal steps: a step that amplifies noise more because it is longer than those before it is to blame.
  double noise_weight() const;
  /// Between predict() and correct(): the gaps to the extrapolations of the step's order and of one more. The value that
  /// the second one needs is the one dropped by the last accept(); a step that is tried again has lost it.
  StepGaps gaps(std::span<const double> fresh) const;

 private:
  static constexpr int max_slots = max_multistep_order + 1;
  static std::size_t slots(int order) { return static_cast<std::size_t>(order < 2 ? 3 : order + 1); }

  std::size_t d_ = 0;
  int order_ = 0, count_ = 0;
  bool dropped_ = false;  // the spare holds the value before the oldest one kept
  double lam_ = 0, h_ = 0, scale_ = 0;
  double *x_ = nullptr, *candidate_ = nullptr;
  std::array<double*, max_slots> values_{};  // D, newest first; the last of slots(order) is spare
  std::array<double, max_slots> lams_{};
  MultistepWeights weights_;
};

}  // namespace shockstep
