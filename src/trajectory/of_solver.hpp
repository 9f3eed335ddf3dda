/// One trajectory by a fitted solver: as many evaluations as it has nodes, and those of a plan if the guard repeats it.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include "trajectory/on_grid.hpp"
#include "trajectory/trajectory.hpp"

#include <optional>
#include <vector>

namespace shockstep {

class SolverTrajectory final : public Trajectory {
 public:
  /// way.grid->solver is there.
  SolverTrajectory(const Plan& plan, const GridRun& way, State& state);

  double progress() const override;

 private:
  Task<Status> integrate() override;
  /// By the solver; its ratio of gaps, gap_ratio.hpp. NaN: something was not finite.
  Task<double> pass();
  Sum sum(double scale, const std::vector<double>& weights) const;

  const GridRun& way_;
  const FittedSolver& solver_;
  Vector y_, start_D_;
  std::vector<Vector> values_;  // of F, newest first
  std::optional<GridRun> way_again_;
  std::optional<GridTrajectory> again_;
};

}  // namespace shockstep
