/// One trajectory of the reverse SDE that chooses its own steps.
#pragma once

#include "controller/step_choice.hpp"
#include "stepper/brownian_path.hpp"
#include "stepper/multistep_history.hpp"
#include "trajectory/trajectory.hpp"

#include <shockstep/controller.hpp>

#include <vector>

namespace shockstep {

/// The multistep in (1 + eta) lam, where the SDE is dx = (D - x) and noise, and the noise of a step an increment of the
/// trajectory's own Brownian path: a step that is rejected is tried again shorter on the same path, so that rejections favour no
/// noise. Steps end at the path's cells. No guard: the SDE forgets its errors.
class SdeTrajectory final : public Trajectory {
 public:
  SdeTrajectory(const Plan& plan, const SdePlan& way, State& state);

  double progress() const override {
    return static_cast<double>(cell_ - first_cell_) / (BrownianPath::cells - first_cell_);
  }

 private:
  Task<Status> integrate() override;
  int cell_of(double sigma) const;
  Awaited<Done> draw_increment(int end, double sigma);
  int end_of(const StepChoice& step) const;
  double lam(int cell) const { return path_.lam_of(cell); }

  const SdePlan& way_;
  BrownianPath path_;
  int first_cell_;                              // where it starts
  std::vector<double> path_here_, path_there_;  // where the step under way begins and ends
  MultistepHistory multistep_;
  StepController controller_;
  Vector start_D_, increment_;
  int cell_ = 0;
};

}  // namespace shockstep
