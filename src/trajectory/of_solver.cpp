#include "trajectory/of_solver.hpp"

#include "controller/denoiser_check.hpp"
#include "core/nan.hpp"
#include "core/statistics.hpp"
#include "stepper/gap_ratio.hpp"
#include "stepper/network_value.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

/// Of a repeated trajectory: of what the second pass changed, the share that it may still be wrong by (docs/solver.md).
constexpr double error_of_change = .5;

}  // namespace

SolverTrajectory::SolverTrajectory(const Plan& plan, const GridRun& way, State& state)
    : Trajectory(plan, state), way_(way), solver_(*way.grid->solver), y_(state.make()), start_D_(state.make()) {
  std::size_t most = 0;
  for (const SolverStep& step : solver_.steps) most = std::max({most, step.predict.size(), step.correct.size()});
  for (std::size_t i = 0; i < most; ++i) values_.push_back(state_.make());
  if (!way.grid->again) return;
  way_again_ = GridRun{.grid = way.grid->again, .data_std = way.data_std};
  again_.emplace(plan, *way_again_, state);
}

Task<Status> SolverTrajectory::integrate() {
  report_.drift = nan;
  const double ratio = co_await pass();
  if (std::isnan(ratio)) co_return Status::non_finite;
  report_.error_estimate = solver_.error_estimate(ratio);
  if (!again_ || ratio <= repeated_above) co_return Status::ok;

  const Status status = co_await as_pass(*again_);
  report_.error_estimate =
      std::max(solver_.error_estimate(1), error_of_change * rms_difference(sample_, again_->sample()));
  std::ranges::copy(again_->sample(), sample_.begin());
  co_return status;
}

Task<double> SolverTrajectory::pass() {
  const double s = solver_.data_std;
  std::vector<double> gaps;
  co_await write_latents(y_, solver_.sigmas.front() / std::hypot(solver_.sigmas.front(), s));
  co_await state_.set(State::point, std::hypot(solver_.sigmas.front(), s) * y_);
  for (std::size_t node = 0; node < solver_.sigmas.size(); ++node) {
    const double sigma = solver_.sigmas[node], scale = std::hypot(sigma, s);
    const auto [gain, skip] = network_value(s / sigma);
    co_await state_.evaluate(sigma);
    if (!co_await state_.finite(State::answer)) co_return nan;
    if (node == 0) co_await state_.set(start_D_, State::answer);
    std::ranges::rotate(values_, values_.end() - 1);
    const std::array value{Term{gain, State::answer}, Term{-gain * skip, State::point}};
    co_await state_.set(values_.front(), value);

    const SolverStep& step = solver_.steps[node];
    if (!step.correct.empty()) co_await state_.set(y_, sum(1, step.correct));
    if (node + solver_.usual_gaps.size() >= solver_.sigmas.size())
      gaps.push_back(rms(co_await state_.residual2(State::point, scale * y_)) / scale);
    const bool last = node + 1 == solver_.sigmas.size();
    const double next_scale = last ? solver_.end_scale() : std::hypot(solver_.sigmas[node + 1], s);
    co_await state_.set(State::point, sum(next_scale, step.predict));
    made_step(sigma, last ? solver_.sigma_min : solver_.sigmas[node + 1]);
  }
  const double moved2 = co_await state_.distance2(State::answer, start_D_);
  report_.blown_up = way_.data_std > 0 && rms(moved2) > farthest * way_.data_std;
  co_await state_.read(State::point, sample_);
  co_return gap_ratio(gaps, solver_.usual_gaps);
}

/// scale (y + the weighted values)
Sum SolverTrajectory::sum(double scale, const std::vector<double>& weights) const {
  Sum out(scale * y_);
  for (std::size_t i = 0; i < weights.size(); ++i) out.add(scale * weights[i], values_[i]);
  return out;
}

double SolverTrajectory::progress() const {
  return std::min(1., static_cast<double>(state_.evaluations()) / static_cast<double>(solver_.sigmas.size()));
}

}  // namespace shockstep
