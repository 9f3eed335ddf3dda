#include "trajectory/trajectory.hpp"

#include "core/nan.hpp"
#include "trajectory/adaptive.hpp"
#include "trajectory/ascent.hpp"
#include "trajectory/of_solver.hpp"
#include "trajectory/on_grid.hpp"
#include "trajectory/sde.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

Trajectory::Trajectory(const Plan& plan, State& state) : plan_(plan), state_(state), sample_(state.dimension()) {}

void Trajectory::start(std::int64_t index, Observer* steps) {
  report_ = {};
  report_.trajectory = index;
  steps_ = steps;
  coroutine_ = {};
  coroutine_ = integrate();
  state_.start(coroutine_.handle());
}

bool Trajectory::resume() {
  state_.resume();
  if (!coroutine_.done()) return false;
  end(coroutine_.await_resume());
  return true;
}

void Trajectory::abandon(Status status) {
  coroutine_ = {};
  end(status);
}

void Trajectory::end(Status status) {
  report_.status = status;
  report_.evaluations = state_.evaluations();
  if (status != Status::ok && status != Status::budget) std::ranges::fill(sample_, nan);
  ended();
}

Awaited<Done> Trajectory::write_latents(Vector x, double scale) {
  return state_.write(x, [&](std::span<double> out) {
    plan_.latents(report_.trajectory, out);
    for (double& value : out) value *= scale;
  });
}

Task<Status> Trajectory::as_pass(Trajectory& other) {
  ++report_.passes;
  other.report_ = {};
  other.report_.trajectory = report_.trajectory;
  other.report_.passes = report_.passes;
  other.steps_ = steps_;
  const Status status = co_await other.integrate();
  report_.accepted += other.report_.accepted;
  report_.blown_up = other.report_.blown_up;
  co_return status;
}

void Trajectory::made_step(double sigma, double end) {
  ++report_.accepted;
  StepRecord record{.trajectory = report_.trajectory, .pass = report_.passes};
  record.lam = -std::log(sigma);
  record.h = std::log(sigma / end);
  record.error = record.tolerance = nan;
  tell(record);
}

std::unique_ptr<Trajectory> make_trajectory(const Plan& plan, State& state) {
  struct Make {
    const Plan& plan;
    State& state;
    std::unique_ptr<Trajectory> operator()(const AdaptivePlan& way) const {
      return std::make_unique<AdaptiveTrajectory>(plan, way, state);
    }
    std::unique_ptr<Trajectory> operator()(const GridRun& way) const {
      if (way.grid->solver) return std::make_unique<SolverTrajectory>(plan, way, state);
      return std::make_unique<GridTrajectory>(plan, way, state);
    }
    std::unique_ptr<Trajectory> operator()(const SdePlan& way) const {
      return std::make_unique<SdeTrajectory>(plan, way, state);
    }
    std::unique_ptr<Trajectory> operator()(const AscentPlan& way) const {
      return std::make_unique<Ascent>(plan, way, state);
    }
  };
  return std::visit(Make{plan, state}, plan.way);
}

}  // namespace shockstep
