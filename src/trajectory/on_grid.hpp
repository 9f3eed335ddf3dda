/// One trajectory on a fixed grid, of the ODE or the reverse SDE: no controller, no error estimate, no events, and the same
/// number of evaluations for all.
#pragma once

#include "stepper/brownian_path.hpp"
#include "stepper/grid_plan.hpp"
#include "stepper/multistep_history.hpp"
#include "stepper/staged_steps.hpp"
#include "trajectory/trajectory.hpp"

#include <optional>
#include <vector>

namespace shockstep {

class GridTrajectory final : public Trajectory {
 public:
  GridTrajectory(const Plan& plan, const GridRun& way, State& state);

  double progress() const override;

 private:
  Task<Status> integrate() override;
  Task<bool> evaluate_node(std::size_t node);
  Task<> linear_step(std::size_t node);
  Task<> corrected_step(std::size_t node);
  Task<> step_of_F(std::size_t node);
  Task<> heun_step(std::size_t node);
  Task<bool> staged_step(std::size_t node);

  Awaited<Done> draw_increment(std::size_t node);
  Sum combined(const LinearStep& step) const;
  Vector next_value();
  bool noisy() const { return !grid_.spread.empty(); }
  bool denoised_at_the_end() const { return plan_.final == Final::denoise; }

  const GridRun& way_;
  const GridPlan& grid_;
  Vector x_, D_, start_D_;
  bool known_ = false;          // D_ is that at the node, of a method that corrects at the predicted point
  std::vector<Vector> values_;  // of a linear method, newest first
  Vector slope_ = no_vector, end_slope_ = no_vector;  // of Heun's
  std::unique_ptr<StagedSteps> staged_;
  std::optional<MultistepHistory> of_F_;

  // Of the SDE: the path at the node and at the end of the step out of it, and what that step adds to the state.
  std::optional<BrownianPath> path_;
  std::vector<double> path_here_, path_there_;
  Vector increment_ = no_vector;
};

}  // namespace shockstep
