/// Steps of several evaluations each, in lam: dx/dlam = D - x.
#pragma once

#include "core/task.hpp"
#include "state/state.hpp"

#include <memory>
#include <vector>

namespace shockstep {

/// A step from x at lam, where D is known. Stages are evaluated at e^-lam, and its end at sigma_end.
struct StagedStep {
  Vector x, D;
  double lam, h;
  double sigma, sigma_end;  ///< at lam and at the end, between which all stages lie

  double end() const { return lam + h; }
  /// Of a stage.
  double sigma_at(double stage_lam) const;
};

/// The last evaluation of every step is D at its end, the first stage of the next step: so D is known at every node, for the
/// score of the path, its events and its result, and a rejected step begins again without an evaluation.
class StagedSteps {
 public:
  /// keep_stages: stages() is wanted.
  StagedSteps(State& state, int evaluations, bool keep_stages);
  virtual ~StagedSteps() = default;

  /// Model evaluations of a step.
  int evaluations() const { return evaluations_; }
  /// The embedded error falls as h^(error_order() + 1).
  virtual int error_order() const = 0;

  /// Its end comes to be State::point, and its answer D there. False if an answer before that is not finite: the step is not whole.
  /// evaluate_end false: D at the end is left out.
  virtual Task<bool> step(StagedStep step, bool evaluate_end = true) = 0;
  /// Of the last step, root mean square.
  double error() const { return error_; }

  /// Of the last step: the stages strictly inside it, in order of lam, the last one where several share a lam. They lie on the
  /// trajectory to the order of the stage alone, but D is known at each.
  struct Stage {
    double lam;
    Vector x, D;
  };
  const std::vector<Stage>& stages() const { return inside_; }

 protected:
  /// Evaluates the point, a stage at lam; keeps it if stages are wanted. False if D is not finite.
  Task<bool> evaluate_stage(const StagedStep& step, double lam);
  /// The stages evaluated since the last time make the step.
  void finish(const StagedStep& step, double error_square);

  State& state_;

 private:
  int evaluations_;
  double error_ = 0;
  std::vector<Stage> kept_, inside_;
  std::size_t evaluated_ = 0;
};

}  // namespace shockstep
