/// Model evaluations of an analysis: in batches, counted, open to Ctrl-C.
#pragma once

#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

#include <shockstep/precision.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>

namespace shockstep {

/// Points at one noise level, flat, and the trajectories that they belong to (for models with conditions).
struct States {
  at::Tensor x;           ///< [n, d] float64
  at::Tensor trajectory;  ///< [n] int64
  double sigma = 0;
};

class Evaluator {
 public:
  Evaluator(const ScoreModel& model, const Process& process, int batch, const Observer* observer)
      : model_(model), low_(process.sigma_min()), high_(process.sigma_max()), batch_(batch), observer_(observer) {}

  /// D, [n, d]. Throws Cancelled, and ModelError if D is not finite.
  at::Tensor denoise(const States& states);

  std::int64_t dimension() const { return model_.dimension(); }
  bool exact() const { return model_.exact(); }
  /// Of finite differences, over sigma.
  double step(DifferenceStep found, Difference kind) const { return difference_step(model_, found, kind); }
  /// Evaluations since take() was called last.
  std::int64_t take() { return std::exchange(evaluations_, 0); }

 private:
  const ScoreModel& model_;
  double low_, high_;
  int batch_;
  const Observer* observer_;
  std::int64_t evaluations_ = 0;
};

}  // namespace shockstep
