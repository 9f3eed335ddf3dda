#include "trajectory/ascent.hpp"

#include <shockstep/random.hpp>

#include "core/nan.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double first_step = .3, longest_step = 2;  // in lam
constexpr double volume_aim = .3;                    // of the tolerance of the integral: the error of an interval

}  // namespace

Ascent::Ascent(const Plan& plan, const AscentPlan& way, State& state)
    : Trajectory(plan, state),
      way_(way),
      multistep_(state, way.guard.order, way.guard.scale),
      direction_(state.make()),
      forward_(state.make()),
      volume_(way.coordinates ? 1 : static_cast<std::size_t>(way.directions)) {
  multistep_.warp(way.guard.warp);
  traces_.resize(volume_.integrals().size());
}

Task<Status> Ascent::integrate() {
  const SigmaRange& range = plan_.range;
  report_.drift = nan;
  probes_ = 0;
  controller_.reset();
  volume_.reset();
  // The first interval is integrated by the trapezoidal rule, the others by their history.
  proposed_ = way_.directions > 0 ? std::min(first_step, std::cbrt(volume_tolerance())) : first_step;
  last_length_ = 0;
  bool beyond_tolerance = false;

  multistep_.restart(range.lam_end);
  co_await write_latents(multistep_.x(), 1);
  co_await state_.set(State::point, multistep_.x());
  co_await state_.evaluate(range.low);
  if (!co_await state_.finite(State::answer)) co_return Status::non_finite;
  co_await multistep_.seed(State::answer);
  if (!co_await measure_trace()) co_return Status::non_finite;

  for (bool last = false; !last;) {
    const double remaining = multistep_.lam() - range.lam_begin;
    double proposed = std::min(proposed_, longest_step);
    if (!way_.guard.cap.empty()) proposed = std::min(proposed, way_.guard.cap(multistep_.lam()));
    const StepChoice step = choose_step(proposed, remaining, evaluations_left() + probes_);
    const double lam1 = step.last ? range.lam_begin : multistep_.lam() - step.length;
    co_await multistep_.predict(-step.length, step.forced ? landing_values : max_multistep_order);
    co_await state_.evaluate(step.last ? range.high : range.sigma(lam1));
    const CorrectionSums sums = co_await multistep_.correct();
    if (!co_await state_.finite(State::answer)) co_return Status::non_finite;

    const double error = multistep_.outcome(sums).error * step.length / usual_step;
    const double tolerance = way_.guard.allowed(way_.guard.step_tolerance, lam1), ratio = error / tolerance;
    const bool force = step.forced || (ratio > 1 && step.length <= shortest_step);
    const auto verdict = controller_.judge(ratio, step.length, multistep_.order() + 2, force);
    tell({report_.trajectory, 1, multistep_.lam(), -step.length, error, tolerance, nan, verdict.accept});
    proposed_ = std::max(step.length * verdict.factor, shortest_step);
    if (!verdict.accept) {
      ++report_.rejected;
      continue;
    }
    multistep_.accept();
    ++report_.accepted;
    beyond_tolerance |= step.forced && ratio > 1;
    last_length_ = step.length;
    last = step.last;
    if (!co_await measure_trace()) co_return Status::non_finite;
  }
  co_await state_.quotient(forward_, multistep_.x(), no_vector, range.high);
  co_await state_.read(forward_, sample_);
  co_return beyond_tolerance ? Status::budget : Status::ok;
}

/// At a node: the trace, before the next step. False if a value of D is not finite.
Task<bool> Ascent::measure_trace() {
  if (way_.directions == 0) co_return true;
  const double sigma = plan_.range.sigma(multistep_.lam()), offset = way_.difference * sigma;
  std::ranges::fill(traces_, 0.);
  for (std::size_t k = 0; k < static_cast<std::size_t>(way_.directions); ++k) {
    co_await write_direction(k);
    for (const int side : {1, -1}) {
      co_await state_.set(State::point, multistep_.x() + side * offset * direction_);
      co_await state_.evaluate(sigma);
      ++probes_;
      if (!co_await state_.finite(State::answer)) co_return false;
      if (side == 1) co_await state_.set(forward_, State::answer);
    }
    const double change = co_await state_.dot_difference(forward_, State::answer, direction_);
    traces_[way_.coordinates ? 0 : k] += change / (2 * way_.difference * sigma);
  }
  for (double& trace : traces_) trace = static_cast<double>(state_.dimension()) - trace;
  const double error = volume_.add(-multistep_.lam(), traces_);
  if (volume_.order() < 2) co_return true;
  // A step is never rejected for the integral's error: that only bounds the length of the next step.
  const double factor = std::pow(volume_aim * volume_tolerance() / (error + 1e-300), 1. / volume_.order());
  proposed_ = std::min(proposed_, last_length_ * std::clamp(factor, controller_.shrink, controller_.growth));
  co_return true;
}

/// The k-th coordinate, or random signs.
Awaited<Done> Ascent::write_direction(std::size_t k) {
  return state_.write(direction_, [&](std::span<double> out) {
    if (way_.coordinates) {
      std::ranges::fill(out, 0.);
      out[k] = 1;
    } else {
      fill_uniform(out, way_.seed, Stream::trace, static_cast<std::uint64_t>(report_.trajectory), k);
      for (double& v : out) v = v < 0 ? -1 : 1;
    }
  });
}

double Ascent::progress() const {
  return (plan_.range.lam_end - multistep_.lam()) / (plan_.range.lam_end - plan_.range.lam_begin);
}

/// Of an interval of the integral, in nats: per dimension what the tolerance is to the width of the data.
double Ascent::volume_tolerance() const {
  const GuardProfile& guard = way_.guard;
  const double tolerance = guard.tolerance > 0 ? guard.tolerance : guard.step_tolerance;
  return static_cast<double>(state_.dimension()) * tolerance / guard.data_std;
}

}  // namespace shockstep
