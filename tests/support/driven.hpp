/// Coroutines driven by hand, in the host's memory: what the engine does for a batch.
#pragma once

#include "support/test.hpp"

#include "state/state.hpp"
#include "trajectory/trajectory.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace shockstep::test {

/// The result of a task that waits for nothing but operations on vectors.
template <class T>
T now(const Task<T>& task) {
  task.handle().resume();
  REQUIRE(task.done());
  return task.handle().promise().result();
}

/// A state with memory of its own for point and answer.
struct OwnState : State {
  explicit OwnState(std::size_t d) : State(d), asked(d), D(d) { bind(asked.data(), D.data()); }

  void put(Vector v, const std::vector<double>& numbers) {
    write(v, [&](std::span<double> out) { std::copy(numbers.begin(), numbers.end(), out.begin()); }).now();
  }
  std::vector<double> numbers(Vector v) {
    std::vector<double> out(dimension());
    read(v, out).now();
    return out;
  }

  std::vector<double> asked, D;
};

/// Runs the task to its end, D(asked, sigma) being the model. Returns its result.
template <class T, class Denoiser>
T run(OwnState& state, const Task<T>& task, Denoiser&& D) {
  state.start(task.handle());
  for (state.resume(); !task.done(); state.resume()) {
    const std::vector<double> answer = D(state.asked, state.sigma());
    std::copy(answer.begin(), answer.end(), state.D.begin());
  }
  return task.handle().promise().result();
}

/// The sample of a trajectory on a grid from x at the first node, one coordinate, D(x, sigma) being the model. increments: what
/// its steps add.
template <class Denoiser>
double end_on_grid(const GridPlan& grid, double x, const Denoiser& D,
                   std::function<double(std::size_t node)> increments = {}) {
  const VarianceExploding range{.sigma_min = grid.sigmas.back(), .sigma_max = grid.sigmas.front()};
  Plan plan(range, {.final = Final::keep});
  plan.latents = [&](std::int64_t, std::span<double> out) { out[0] = x / grid.sigmas.front(); };
  GridRun way{.grid = std::make_shared<const GridPlan>(grid)};
  if (increments)
    way.increments = [&](std::int64_t, std::size_t node, std::span<double> out) { out[0] = increments(node); };
  plan.way = way;
  OwnState state(1);
  const auto trajectory = make_trajectory(plan, state);
  trajectory->start(0, nullptr);
  while (!trajectory->resume()) state.D[0] = D(state.asked[0], state.sigma());
  CHECK(trajectory->report().evaluations == grid.evaluations);
  return trajectory->sample()[0];
}

}  // namespace shockstep::test
