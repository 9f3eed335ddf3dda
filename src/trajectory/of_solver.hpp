/// One trajectory by a fitted solver: as many evaluations as it has nodes.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include "trajectory/trajectory.hpp"

#include <vector>

namespace shockstep {

class SolverTrajectory final : public Trajectory {
 public:
  /// way.grid->solver is there.
  SolverTrajectory(const Plan& plan, const GridRun& way, State& state);

  double progress() const override;

 private:
  Task<Status> integrate() override;
  Sum sum(double scale, const std::vector<double>& weights) const;

  const GridRun& way_;
  const FittedSolver& solver_;
  Vector y_, start_D_;
  std::vector<Vector> values_;  // of F, newest first
};

}  // namespace shockstep
