#include "trajectory/on_grid.hpp"

#include "controller/denoiser_check.hpp"
#include "core/nan.hpp"
#include "stepper/runge_kutta.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

GridTrajectory::GridTrajectory(const Plan& plan, const GridRun& way, State& state)
    : Trajectory(plan, state), way_(way), grid_(*way.grid), x_(state.make()), D_(state.make()), start_D_(state.make()) {
  int most = 0;
  for (const auto* steps : {&grid_.predict, &grid_.correct})
    for (const LinearStep& step : *steps) most = std::max(most, step.values);
  for (int i = 0; i < most; ++i) values_.push_back(state.make());
  if (grid_.scale > 0) of_F_.emplace(state, grid_.order, grid_.scale);
  if (grid_.method == Method::heun) slope_ = state.make(), end_slope_ = state.make();
  if (is_runge_kutta(grid_.method)) staged_ = make_staged_steps(grid_.method, state, false);
  if (grid_.spread.empty()) return;
  increment_ = state.make();
  if (way.increments) return;
  path_.emplace(plan.range.lam_begin, plan.range.lam_end, grid_.eta, way.seed, state.dimension());
  path_here_.resize(state.dimension()), path_there_.resize(state.dimension());
}

Task<Status> GridTrajectory::integrate() {
  const std::size_t last = grid_.sigmas.size() - 1;
  report_.drift = nan;
  report_.error_estimate = grid_.error_estimate;
  known_ = false;
  co_await write_latents(x_, grid_.sigmas.front());
  if (path_) {
    path_->restart(report_.trajectory);
    path_->at(-std::log(grid_.sigmas.front()), path_there_);
  }
  for (std::size_t node = 0; node < last; ++node) {
    if (noisy()) co_await draw_increment(node);
    if (!known_ && !co_await evaluate_node(node)) co_return Status::non_finite;
    bool finite = true;
    if (of_F_)
      co_await step_of_F(node);
    else if (staged_)
      finite = co_await staged_step(node);
    else if (grid_.method == Method::heun)
      co_await heun_step(node);
    else if (corrects(grid_.method))
      co_await corrected_step(node);
    else
      co_await linear_step(node);
    if (!finite || (known_ && !co_await state_.finite(D_))) co_return Status::non_finite;
    made_step(grid_.sigmas[node], grid_.sigmas[node + 1]);
  }
  if (!known_ && denoised_at_the_end() && !co_await evaluate_node(last)) co_return Status::non_finite;
  const double moved2 = co_await state_.distance2(D_, start_D_);
  report_.blown_up = way_.data_std > 0 && rms(moved2) > farthest * way_.data_std;
  co_await state_.read(denoised_at_the_end() ? D_ : x_, sample_);
  co_return Status::ok;
}

/// D at the node; false if it is not finite.
Task<bool> GridTrajectory::evaluate_node(std::size_t node) {
  co_await state_.set(State::point, x_);
  co_await state_.evaluate(grid_.sigmas[node]);
  co_await state_.set(D_, State::answer);
  known_ = true;
  if (node == 0) co_await state_.set(start_D_, D_);
  co_return co_await state_.finite(D_);
}

/// A place for the newest value; the oldest one goes.
Vector GridTrajectory::next_value() {
  std::ranges::rotate(values_, values_.end() - 1);
  return values_.front();
}

/// What the step adds up, the increment of the SDE included.
Sum GridTrajectory::combined(const LinearStep& step) const {
  Sum sum(step.decay * x_);
  for (std::size_t k = 0; k < static_cast<std::size_t>(step.values); ++k) sum.add(step.weights[k], values_[k]);
  if (noisy()) sum.add(1, increment_);
  return sum;
}

/// D at a node, then the step from it.
Task<> GridTrajectory::linear_step(std::size_t node) {
  const Vector value = next_value();
  if (grid_.predicts_noise)
    co_await state_.quotient(value, x_, D_, grid_.sigmas[node]);
  else
    co_await state_.set(value, D_);
  co_await state_.set(x_, combined(grid_.predict[node]));
  known_ = false;
}

/// A step is predicted, D evaluated at its end, and the step corrected with it.
Task<> GridTrajectory::corrected_step(std::size_t node) {
  if (node == 0) co_await state_.set(next_value(), D_);
  co_await state_.set(State::point, combined(grid_.predict[node]));
  co_await state_.evaluate(grid_.sigmas[node + 1]);
  co_await state_.set(D_, State::answer);
  co_await state_.set(next_value(), D_);
  co_await state_.set(x_, combined(grid_.correct[node]));
}

/// The same by the multistep of F.
Task<> GridTrajectory::step_of_F(std::size_t node) {
  if (node == 0) {
    of_F_->restart(-std::log(grid_.sigmas.front()));
    co_await state_.set(of_F_->x(), x_);
    co_await of_F_->seed(D_);
  }
  co_await of_F_->predict(-std::log(grid_.sigmas[node + 1]) - of_F_->lam());
  co_await state_.evaluate(grid_.sigmas[node + 1]);
  co_await of_F_->correct();
  co_await of_F_->compare_orders();
  of_F_->accept();
  co_await state_.set(x_, of_F_->x());
  const bool last = node + 2 == grid_.sigmas.size();
  Vector D = of_F_->denoised();
  if (last) D = co_await of_F_->denoised_at_x();
  co_await state_.set(D_, D);
}

/// Karras et al. 2022 (arXiv 2206.00364), algorithm 1 with sigma(t) = t.
Task<> GridTrajectory::heun_step(std::size_t node) {
  const double sigma = grid_.sigmas[node], end = grid_.sigmas[node + 1], length = end - sigma;
  co_await state_.quotient(slope_, x_, D_, sigma);
  co_await state_.set(State::point, x_ + length * slope_);
  co_await state_.evaluate(end);
  co_await state_.set(D_, State::answer);
  co_await state_.quotient(end_slope_, State::point, State::answer, end);
  co_await state_.set(slope_, slope_ + end_slope_);
  co_await state_.set(x_, x_ + .5 * length * slope_);
  known_ = false;
}

/// In lam. False if a value of D inside it is not finite.
Task<bool> GridTrajectory::staged_step(std::size_t node) {
  const double sigma = grid_.sigmas[node], end = grid_.sigmas[node + 1];
  const bool wanted = node + 2 < grid_.sigmas.size() || denoised_at_the_end();  // D at its end
  const bool whole = co_await staged_->step({x_, D_, -std::log(sigma), std::log(sigma / end), sigma, end}, wanted);
  co_await state_.set(x_, State::point);
  known_ = wanted;
  if (known_) co_await state_.set(D_, State::answer);
  co_return whole;
}

/// What the step out of the node adds: its share of the path, to the spread that the plan has for it.
Awaited<Done> GridTrajectory::draw_increment(std::size_t node) {
  if (way_.increments)
    return state_.write(increment_, [&](std::span<double> out) { way_.increments(report_.trajectory, node, out); });
  const double here = -std::log(grid_.sigmas[node]), there = -std::log(grid_.sigmas[node + 1]);
  std::swap(path_here_, path_there_);
  path_->at(there, path_there_);
  const double scale = grid_.spread[node] / path_->deviation(here, there);
  return state_.write(increment_, [&](std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = scale * (path_there_[i] - path_here_[i]);
  });
}

double GridTrajectory::progress() const {
  return static_cast<double>(state_.evaluations()) / static_cast<double>(grid_.evaluations);
}

}  // namespace shockstep
