/// A user's own error stepper, turned inside out.
///
/// Its step() calls the right-hand side itself, but here an evaluation travels in a batch with those of other trajectories. A
/// step is a function of its slopes, and the point of the next one depends on those before it alone: step() is replayed with the
/// slopes known so far and zeros for the rest, and what it asks for first without an answer is the next evaluation. A
/// replay costs no evaluation.
#pragma once

#include <shockstep/adaptive_method.hpp>

#include "stepper/staged_steps.hpp"

#include <memory>
#include <vector>

namespace shockstep {

class ReplayedSteps final : public StagedSteps {
 public:
  ReplayedSteps(const AdaptiveMethod& method, State& state, bool keep_stages);

  int error_order() const override { return error_order_; }
  Task<bool> step(StagedStep step, bool evaluate_end = true) override;

 private:
  using Numbers = ErrorStepper::State;
  void replay(const StagedStep& step, std::size_t answers);
  Awaited<Done> write(const Numbers& point);

  std::unique_ptr<ErrorStepper> stepper_;
  int error_order_;
  bool slope_at_end_;
  Numbers x_, D_, end_, error_;  // in the host's memory, where the stepper is
  std::vector<Numbers> slopes_;  // at the beginning of the step, then as asked for
  Numbers asked_;                // first without an answer, at asked_lam_
  double asked_lam_ = 0;
};

}  // namespace shockstep
