#include "trajectory/sde.hpp"

#include <shockstep/guard.hpp>

#include "controller/denoiser_check.hpp"
#include "core/nan.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double longest_rough_step = 1.5;  // in lam

// D is as rough along the path as the path itself: the part of a step's noise that it sees is of order h^1/2, and the error,
// its integral, of order h^3/2 whatever the polynomial.
constexpr double error_order = 1.5;
constexpr double target =
    .33;  // of error over tolerance: with the controller's weights a step four fifths of the longest
constexpr double rounding = 1e-6;  // of a cell

}  // namespace

SdeTrajectory::SdeTrajectory(const Plan& plan, const SdePlan& way, State& state)
    : Trajectory(plan, state),
      way_(way),
      path_(plan.range.lam_begin, plan.range.lam_end, way.eta, way.seed, state.dimension()),
      first_cell_(cell_of(plan.sigma_start)),
      path_here_(state.dimension()),
      path_there_(state.dimension()),
      multistep_(state, way.steps.order),
      start_D_(state.make()),
      increment_(state.make()) {
  controller_.target = target;
}

int SdeTrajectory::cell_of(double sigma) const {
  const double share = (-std::log(sigma) - lam(0)) / (lam(BrownianPath::cells) - lam(0));
  return static_cast<int>(std::lround(share * BrownianPath::cells));
}

Task<Status> SdeTrajectory::integrate() {
  report_.drift = nan;
  cell_ = first_cell_;
  path_.restart(report_.trajectory);
  path_.at_cell(cell_, path_here_);
  controller_.reset();
  double proposed = way_.steps.first_step;
  bool beyond_tolerance = false;

  co_await write_latents(multistep_.x(), plan_.sigma_start);
  co_await state_.set(State::point, multistep_.x());
  co_await state_.evaluate(plan_.sigma_start);
  if (!co_await state_.finite(State::answer)) co_return Status::non_finite;
  co_await state_.set(start_D_, State::answer);
  multistep_.restart((1 + way_.eta) * lam(first_cell_));
  co_await multistep_.seed(start_D_);

  while (cell_ < BrownianPath::cells) {
    const double remaining = lam(BrownianPath::cells) - lam(cell_);
    const StepChoice step = choose_step(std::min(proposed, longest_rough_step), remaining, evaluations_left());
    const int end = end_of(step);
    const double h = lam(end) - lam(cell_),
                 sigma = end == BrownianPath::cells ? plan_.range.low : plan_.range.sigma(lam(end));

    // The corrector is the predictor and a multiple of the change in D, so the noise of the one is that of the other.
    co_await multistep_.predict((1 + way_.eta) * h, step.forced ? landing_values : max_multistep_order);
    co_await draw_increment(end, sigma);
    co_await state_.set(State::point, State::point + increment_);
    co_await state_.evaluate(sigma);
    const CorrectionSums sums = co_await multistep_.correct();
    const double error = multistep_.outcome(sums).error;
    if (!std::isfinite(error)) co_return Status::non_finite;

    const double tolerance = weighted_tolerance(way_.steps.step_tolerance, std::exp(-lam(end)), way_.steps.data_std);
    const bool shortest = end == cell_ + 1, beyond = error > tolerance;
    const auto verdict = controller_.judge(error / tolerance, h, error_order, step.forced || (shortest && beyond));
    tell({.trajectory = report_.trajectory,
          .lam = lam(cell_),
          .h = h,
          .error = error,
          .tolerance = tolerance,
          .accepted = verdict.accept});
    proposed = h * verdict.factor;
    if (!verdict.accept) {
      ++report_.rejected;
      continue;
    }
    beyond_tolerance |= beyond;
    multistep_.accept();
    ++report_.accepted;
    cell_ = end;
    std::swap(path_here_, path_there_);
  }
  const double moved2 = co_await state_.distance2(multistep_.denoised(), start_D_);
  report_.blown_up = rms(moved2) > farthest * way_.steps.data_std;
  co_await state_.read(plan_.final == Final::denoise ? multistep_.denoised() : multistep_.x(), sample_);
  co_return beyond_tolerance ? Status::budget : Status::ok;
}

/// What the step from the cell to `end`, where sigma is, adds.
Awaited<Done> SdeTrajectory::draw_increment(int end, double sigma) {
  path_.at_cell(end, path_there_);
  const double scale = sigma * std::exp(-way_.eta * (lam(end) - lam(0)));
  return state_.write(increment_, [&](std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = scale * (path_there_[i] - path_here_[i]);
  });
}

/// The cell where the step ends: down, since a length rounded up to the one just rejected would be tried for ever, but for a
/// forced one, which must arrive.
int SdeTrajectory::end_of(const StepChoice& step) const {
  const int left = BrownianPath::cells - cell_;
  if (step.last) return BrownianPath::cells;
  const double cells = step.length / (lam(BrownianPath::cells) - lam(cell_)) * left;
  return cell_ + std::clamp(static_cast<int>(step.forced ? std::ceil(cells - rounding) : cells + rounding), 1, left);
}

}  // namespace shockstep
