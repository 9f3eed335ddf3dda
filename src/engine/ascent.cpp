#include "engine/ascent.hpp"

#include <shockstep/random.hpp>

#include "core/nan.hpp"
#include "core/statistics.hpp"
#include "engine/landing.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double first_step = .3, longest_step = 2, shortest_step = 1e-9;  // in lam
constexpr double unit_step = .4;   // as downwards: the error judged is the difference times h/unit_step
constexpr double volume_aim = .3;  // of the tolerance of the integral: the error of an interval

}  // namespace

Ascent::Ascent(const TrajectorySettings& settings, std::size_t d)
    : settings_(settings),
      plan_(*settings.ascent),
      d_(d),
      lam_begin_(-std::log(settings.sigma_min)),
      lam_end_(-std::log(settings.sigma_max)),
      memory_(MultistepRow::memory(settings.profile.order, d)),
      sample_(d),
      direction_(d),
      forward_(d),
      row_(memory_.data(), settings.profile.order, d),
      volume_(plan_.coordinates ? 1 : static_cast<std::size_t>(plan_.directions)) {
  row_.warp(settings.profile.warp);
  traces_.resize(volume_.integrals().size());
}

void Ascent::start(std::int64_t index, Observer* steps) {
  report_ = {};
  report_.trajectory = index;
  report_.drift = nan;
  steps_ = steps;
  settings_.latents(index, row_.x());
  row_.restart(lam_begin_);
  controller_.reset();
  volume_.reset();
  // The first interval is integrated by the trapezoidal rule, the others by their history.
  next_ = plan_.directions > 0 ? std::min(first_step, std::cbrt(volume_tolerance())) : first_step;
  last_ = beyond_tolerance_ = false;
  awaiting_ = Awaiting::seed;
}

/// The range is closed: rounding of exp must not leave it.
double Ascent::sigma_at(double lam) const {
  return std::clamp(std::exp(-lam), settings_.sigma_min, settings_.sigma_max);
}

double Ascent::progress() const { return (lam_begin_ - row_.lam()) / (lam_begin_ - lam_end_); }

/// Of an interval of the integral, in nats: per dimension what the tolerance is to the width of the data.
double Ascent::volume_tolerance() const {
  const GuardProfile& profile = settings_.profile;
  const double tolerance = profile.tolerance > 0 ? profile.tolerance : profile.step_tolerance;
  return static_cast<double>(d_) * tolerance / profile.data_std;
}

void Ascent::choose_step() {
  const double remaining = row_.lam() - lam_end_;
  const int left = (settings_.max_evaluations - report_.evaluations) / evaluations_per_step();
  forced_ = left <= static_cast<int>(std::ceil(remaining / landing_step));
  last_ = false;
  double length = std::min(next_, longest_step);
  if (!settings_.profile.cap.empty()) length = std::min(length, settings_.profile.cap(row_.lam()));
  if (forced_) {
    length = remaining / std::max(1, left);
    last_ = left <= 1;
  } else if (length >= remaining) {
    length = remaining;
    last_ = true;
  } else if (length > .6 * remaining) {  // two equal steps rather than a long and a tiny one
    length = .5 * remaining;
  }
  h_ = -length;
}

double Ascent::request(std::span<double> point) {
  switch (awaiting_) {
    case Awaiting::seed: std::copy(row_.x().begin(), row_.x().end(), point.begin()); return settings_.sigma_min;
    case Awaiting::trace: {
      const auto k = static_cast<std::size_t>(side_ / 2);
      const double sigma = sigma_at(row_.lam());
      if (side_ % 2 == 0) {
        if (plan_.coordinates) {
          std::ranges::fill(direction_, 0.);
          direction_[k] = 1;
        } else {
          fill_uniform(direction_, plan_.seed, Stream::trace, static_cast<std::uint64_t>(report_.trajectory), k);
          for (double& v : direction_) v = v < 0 ? -1 : 1;
        }
      }
      const double offset = (side_ % 2 == 0 ? 1 : -1) * plan_.difference * sigma;
      for (std::size_t i = 0; i < d_; ++i) point[i] = row_.x()[i] + offset * direction_[i];
      return sigma;
    }
    case Awaiting::step: break;
  }
  choose_step();
  used_order_ = row_.predict(h_, point, forced_ ? landing_values : max_multistep_order);
  return last_ ? settings_.sigma_max : sigma_at(row_.lam() + h_);
}

bool Ascent::receive(std::span<const double> point, std::span<const double> D) {
  ++report_.evaluations;
  if (!all_finite(D)) {
    abandon(Status::non_finite);
    return true;
  }
  switch (awaiting_) {
    case Awaiting::seed:
      row_.seed(D);
      node_reached();
      break;
    case Awaiting::trace: receive_trace(D); break;
    case Awaiting::step: receive_step(point, D); break;
  }
  if (!last_ || awaiting_ == Awaiting::trace) return false;
  finish();
  return true;
}

void Ascent::receive_step(std::span<const double> point, std::span<const double> D) {
  const double length = -h_, lam1 = last_ ? lam_end_ : row_.lam() + h_;
  const auto outcome = row_.correct(point, D);
  const double error = outcome.error * length / unit_step;
  const double tolerance = settings_.profile.allowed(settings_.profile.step_tolerance, lam1);
  const double ratio = error / tolerance;
  const auto verdict =
      controller_.judge(ratio, length, used_order_ + 2, forced_ || (ratio > 1 && length <= shortest_step));
  if (steps_) steps_->step({report_.trajectory, 1, row_.lam(), h_, error, tolerance, nan, verdict.accept});
  next_ = std::max(length * verdict.factor, shortest_step);
  if (!verdict.accept) {
    last_ = false;
    ++report_.rejected;
    return;
  }
  row_.accept();
  ++report_.accepted;
  beyond_tolerance_ |= forced_ && ratio > 1;
  node_reached();
}

/// At a node whose D is known: the trace comes before the next step.
void Ascent::node_reached() {
  awaiting_ = plan_.directions > 0 ? Awaiting::trace : Awaiting::step;
  side_ = 0;
  std::ranges::fill(traces_, 0.);
}

void Ascent::receive_trace(std::span<const double> D) {
  ++report_.probes;
  const auto k = static_cast<std::size_t>(side_ / 2);
  if (side_++ % 2 == 0) {
    std::copy(D.begin(), D.end(), forward_.begin());
    return;
  }
  double change = 0;
  for (std::size_t i = 0; i < d_; ++i) change += direction_[i] * (forward_[i] - D[i]);
  traces_[plan_.coordinates ? 0 : k] += change / (2 * plan_.difference * sigma_at(row_.lam()));
  if (side_ < 2 * plan_.directions) return;
  for (double& trace : traces_) trace = static_cast<double>(d_) - trace;
  const double error = volume_.add(-row_.lam(), traces_);
  awaiting_ = Awaiting::step;
  if (volume_.order() < 2) return;
  // Nothing is rejected for the integral: what it asks for is the length of the next step.
  const double factor = std::pow(volume_aim * volume_tolerance() / (error + 1e-300), 1. / volume_.order());
  next_ = std::min(next_, -h_ * std::clamp(factor, controller_.shrink, controller_.growth));
}

void Ascent::finish() {
  report_.status = beyond_tolerance_ ? Status::budget : Status::ok;
  for (std::size_t i = 0; i < d_; ++i) sample_[i] = row_.x()[i] / settings_.sigma_max;
}

void Ascent::abandon(Status status) {
  report_.status = status;
  std::ranges::fill(sample_, nan);
}

}  // namespace shockstep
