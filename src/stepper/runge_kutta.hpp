/// Steps by a tableau.
#pragma once

#include <shockstep/method.hpp>

#include "stepper/staged_steps.hpp"
#include "stepper/tableau.hpp"

#include <memory>
#include <vector>

namespace shockstep {

class RungeKutta final : public StagedSteps {
 public:
  /// The tableau must outlive it.
  RungeKutta(const Tableau& tableau, State& state, bool keep_stages);

  int error_order() const override { return tableau_.error_order; }
  Task<bool> step(StagedStep step, bool evaluate_end = true) override;

 private:
  /// first x, if there is one, and h sum_i weights_i k_i
  Sum sum(Vector x, double h, const std::vector<double>& weights) const;

  const Tableau& tableau_;
  std::vector<Vector> slopes_;  // dx/dlam at each stage
  Vector error_;
};

/// Those of a Runge-Kutta method.
std::unique_ptr<StagedSteps> make_staged_steps(Method method, State& state, bool keep_stages);

}  // namespace shockstep
