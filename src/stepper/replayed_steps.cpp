#include "stepper/replayed_steps.hpp"

#include <algorithm>
#include <functional>

namespace shockstep {

ReplayedSteps::ReplayedSteps(const AdaptiveMethod& method, State& state, bool keep_stages)
    : StagedSteps(state, method.slopes + (method.slope_at_end ? 0 : 1), keep_stages),
      stepper_(method.make()),
      error_order_(method.error_order),
      slope_at_end_(method.slope_at_end) {
  const std::size_t d = state.dimension();
  for (Numbers* numbers : {&x_, &D_, &end_, &error_, &asked_}) numbers->resize(d);
  slopes_.assign(static_cast<std::size_t>(method.slopes) + 1, Numbers(d));
}

void ReplayedSteps::replay(const StagedStep& s, std::size_t answers) {
  std::size_t asked = 0;
  const auto slope_at = [&](const Numbers& x, Numbers& slope, double lam) {
    if (asked == answers) asked_ = x, asked_lam_ = lam;
    if (asked < answers)
      slope = slopes_[asked + 1];
    else
      std::ranges::fill(slope, 0.);
    ++asked;
  };
  stepper_->step(slope_at, x_, slopes_[0], s.lam, s.h, end_, error_);
}

Task<bool> ReplayedSteps::step(StagedStep s, bool evaluate_end) {
  const std::size_t slopes = slopes_.size() - 1;
  co_await state_.read(s.x, x_);
  co_await state_.read(s.D, D_);
  std::ranges::transform(D_, x_, slopes_[0].begin(), std::minus());
  replay(s, 0);
  for (std::size_t answers = 0; answers < slopes;) {
    co_await write(asked_);
    if (slope_at_end_ && answers + 1 == slopes && !evaluate_end) co_return true;
    const bool finite = co_await evaluate_stage(s, asked_lam_);
    if (!finite) co_return false;
    co_await state_.read(State::answer, D_);
    ++answers;
    std::ranges::transform(D_, asked_, slopes_[answers].begin(), std::minus());
    replay(s, answers);
  }
  double square = 0;
  for (const double e : error_) square += e * e;
  finish(s, square);
  if (slope_at_end_) co_return true;
  co_await write(end_);
  if (evaluate_end) co_await state_.evaluate(s.sigma_end);
  co_return true;
}

Awaited<Done> ReplayedSteps::write(const Numbers& point) {
  return state_.write(State::point, [&](std::span<double> out) { std::ranges::copy(point, out.begin()); });
}

}  // namespace shockstep
