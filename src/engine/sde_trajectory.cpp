#include "engine/sde_trajectory.hpp"

#include "controller/denoiser_check.hpp"
#include "core/nan.hpp"
#include "core/statistics.hpp"
#include "engine/landing.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double longest_step = 1.5;  // in lam

// D is as rough along the path as the path itself: the part of a step's noise that it sees is of order h^1/2, and the error,
// its integral, of order h^3/2 whatever the polynomial.
constexpr double error_order = 1.5;
constexpr double target =
    .33;  // of error over tolerance: with the controller's weights a step four fifths of the longest

}  // namespace

SdeTrajectory::SdeTrajectory(const TrajectorySettings& settings, std::size_t d)
    : settings_(settings),
      path_(-std::log(settings.sigma_max), -std::log(settings.sigma_min), settings.eta, settings.seed, d),
      first_cell_(cell_of(settings.sigma_start)),
      memory_(MultistepRow::memory(settings.profile.order, d)),
      path_here_(d),
      path_there_(d),
      sample_(d),
      row_(memory_.data(), settings.profile.order, d) {
  controller_.target = target;
}

int SdeTrajectory::cell_of(double sigma) const {
  const double share = (-std::log(sigma) - lam(0)) / (lam(BrownianPath::cells) - lam(0));
  return static_cast<int>(std::lround(share * BrownianPath::cells));
}

void SdeTrajectory::start(std::int64_t index, Observer* steps) {
  report_ = {};
  report_.trajectory = index;
  report_.drift = nan;
  steps_ = steps;
  cell_ = end_ = first_cell_;
  path_.restart(index);
  path_.at_cell(first_cell_, path_here_);
  settings_.latents(index, row_.x());
  for (double& x : row_.x()) x *= settings_.sigma_start;
  row_.restart((1 + settings_.eta) * lam(first_cell_));
  controller_.reset();
  next_h_ = settings_.profile.first_step;
}

void SdeTrajectory::choose_step() {
  const int cells_left = BrownianPath::cells - cell_,
            evaluations_left = settings_.max_evaluations - report_.evaluations;
  const double remaining = lam(BrownianPath::cells) - lam(cell_), cell = remaining / cells_left;
  const double h = std::min(next_h_, longest_step);
  forced_ = evaluations_left < std::ceil(remaining / landing_step) + 1;
  double cells = h / cell + 1e-6;
  if (forced_)  // equal steps that use up the budget
    cells = std::ceil(static_cast<double>(cells_left) / evaluations_left);
  else if (h >= remaining)
    cells = cells_left;
  else if (h > .6 * remaining)  // two equal steps rather than a long and a tiny one
    cells = .5 * cells_left;
  // Down: a length rounded up to the one just rejected would be tried for ever.
  end_ = cell_ + std::clamp(static_cast<int>(cells), 1, cells_left);
}

double SdeTrajectory::request(std::span<double> point) {
  if (report_.evaluations == 0) {
    std::copy(row_.x().begin(), row_.x().end(), point.begin());
    return settings_.sigma_start;
  }
  choose_step();
  const bool last = end_ == BrownianPath::cells;
  const double sigma =
      last ? settings_.sigma_min : std::clamp(std::exp(-lam(end_)), settings_.sigma_min, settings_.sigma_max);
  row_.predict((1 + settings_.eta) * length(), point, forced_ ? landing_values : max_multistep_order);
  path_.at_cell(end_, path_there_);
  const double scale = sigma * std::exp(-settings_.eta * (lam(end_) - lam(0)));
  for (std::size_t i = 0; i < point.size(); ++i) point[i] += scale * (path_there_[i] - path_here_[i]);
  return sigma;
}

bool SdeTrajectory::receive(std::span<const double> point, std::span<const double> D) {
  return ++report_.evaluations == 1 ? seed(D) : step(point, D);
}

bool SdeTrajectory::seed(std::span<const double> D) {
  if (!all_finite(D)) {
    abandon(Status::non_finite);
    return true;
  }
  std::copy(D.begin(), D.end(), sample_.begin());
  row_.seed(D);
  return false;
}

/// The corrector is the predictor and a multiple of the change in D, so the noise of the one is that of the other.
bool SdeTrajectory::step(std::span<const double> point, std::span<const double> D) {
  const double error = row_.correct(point, D).error;
  if (!std::isfinite(error)) {
    abandon(Status::non_finite);
    return true;
  }
  const double h = length(), tolerance = settings_.profile.allowed(settings_.profile.step_tolerance, lam(end_));
  const bool shortest = end_ == cell_ + 1, beyond = error > tolerance;
  const auto verdict = controller_.judge(error / tolerance, h, error_order, forced_ || (shortest && beyond));
  if (steps_)
    steps_->step({.trajectory = report_.trajectory,
                  .lam = lam(cell_),
                  .h = h,
                  .error = error,
                  .tolerance = tolerance,
                  .accepted = verdict.accept});
  next_h_ = h * verdict.factor;
  if (!verdict.accept) {
    ++report_.rejected;
    return false;
  }
  if (beyond) report_.status = Status::budget;
  row_.accept();
  ++report_.accepted;
  cell_ = end_;
  std::swap(path_here_, path_there_);
  if (cell_ < BrownianPath::cells) return false;
  finish();
  return true;
}

void SdeTrajectory::finish() {
  report_.blown_up = rms_difference(row_.denoised(), sample_) > farthest * settings_.profile.data_std;
  const auto result = settings_.final == Final::denoise ? row_.denoised() : std::span<const double>(row_.x());
  std::copy(result.begin(), result.end(), sample_.begin());
}

void SdeTrajectory::abandon(Status status) {
  report_.status = status;
  std::ranges::fill(sample_, nan);
}

}  // namespace shockstep
