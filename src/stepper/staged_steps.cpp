#include "stepper/staged_steps.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

double StagedStep::sigma_at(double stage_lam) const {
  return stage_lam >= end() ? sigma_end : std::clamp(std::exp(-stage_lam), sigma_end, sigma);
}

StagedSteps::StagedSteps(State& state, int evaluations, bool keep_stages) : state_(state), evaluations_(evaluations) {
  for (int i = 0; keep_stages && i < evaluations; ++i) kept_.push_back({0, state.make(), state.make()});
}

Task<bool> StagedSteps::evaluate_stage(const StagedStep& step, double lam) {
  co_await state_.evaluate(step.sigma_at(lam));
  if (!co_await state_.finite(State::answer)) co_return false;
  if (!kept_.empty()) {
    Stage& stage = kept_[evaluated_];
    stage.lam = lam;
    co_await state_.set(stage.x, State::point);
    co_await state_.set(stage.D, State::answer);
  }
  ++evaluated_;
  co_return true;
}

void StagedSteps::finish(const StagedStep& step, double error_square) {
  constexpr double same = 1e-9;  // in units of the step: far below any distance of two stages, far above rounding
  error_ = std::sqrt(error_square / static_cast<double>(state_.dimension()));
  inside_.clear();
  for (std::size_t i = std::min(evaluated_, kept_.size()); i-- > 0;) {  // the latest first: of higher order
    const double lam = kept_[i].lam;
    const auto apart = [&](double other) { return std::abs(lam - other) > same * step.h; };
    const bool other = std::ranges::all_of(inside_, [&](const Stage& stage) { return apart(stage.lam); });
    if (other && apart(step.lam) && apart(step.end())) inside_.push_back(kept_[i]);
  }
  std::ranges::sort(inside_, {}, &Stage::lam);
  evaluated_ = 0;
}

}  // namespace shockstep
