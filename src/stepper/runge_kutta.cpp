#include "stepper/runge_kutta.hpp"

#include "stepper/method_spec.hpp"

namespace shockstep {

RungeKutta::RungeKutta(const Tableau& tableau, State& state, bool keep_stages)
    : StagedSteps(state, tableau.evaluations(), keep_stages), tableau_(tableau), error_(state.make()) {
  for (std::size_t i = 0; i < tableau.b.size(); ++i) slopes_.push_back(state.make());
}

Sum RungeKutta::sum(Vector x, double h, const std::vector<double>& weights) const {
  Sum sum;
  if (x.index >= 0) sum.add(1, x);
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (weights[i] != 0) sum.add(h * weights[i], slopes_[i]);
  return sum;
}

Task<bool> RungeKutta::step(StagedStep s, bool evaluate_end) {
  const std::size_t stages = slopes_.size();
  const bool end_is_stage = tableau_.first_same_as_last();
  co_await state_.set(slopes_[0], s.D - s.x);
  for (std::size_t i = 1; i < stages; ++i) {
    co_await state_.set(State::point, sum(s.x, s.h, tableau_.a[i]));
    if (end_is_stage && i + 1 == stages && !evaluate_end) co_return true;
    const bool finite = co_await evaluate_stage(s, s.lam + s.h * tableau_.c[i]);
    if (!finite) co_return false;
    co_await state_.set(slopes_[i], State::answer - State::point);
  }
  co_await state_.set(error_, sum(no_vector, s.h, tableau_.error));
  const double square = co_await state_.residual2(error_, Sum());
  finish(s, square);
  if (end_is_stage) co_return true;
  co_await state_.set(State::point, sum(s.x, s.h, tableau_.b));
  if (evaluate_end) co_await state_.evaluate(s.sigma_end);
  co_return true;
}

std::unique_ptr<StagedSteps> make_staged_steps(Method method, State& state, bool keep_stages) {
  return std::make_unique<RungeKutta>(*spec_of(method).tableau(), state, keep_stages);
}

}  // namespace shockstep
