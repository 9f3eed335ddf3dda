#include "engine/grid_trajectory.hpp"

#include "controller/denoiser_check.hpp"
#include "core/nan.hpp"
#include "core/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

GridTrajectory::GridTrajectory(const TrajectorySettings& settings, std::size_t d)
    : settings_(settings), plan_(*settings.grid), row_(make_grid_row(plan_, d)), sample_(d) {
  if (plan_.spread.empty()) return;
  path_.emplace(-std::log(settings.sigma_max), -std::log(settings.sigma_min), settings.eta, settings.seed, d);
  path_here_.resize(d), path_there_.resize(d);
}

void GridTrajectory::start(std::int64_t index, Observer* steps) {
  report_ = {};
  report_.trajectory = index;
  report_.drift = nan;
  steps_ = steps;
  settings_.latents(index, row_->x());
  for (double& x : row_->x()) x *= plan_.sigmas.front();
  row_->start();
  if (!path_) return;
  path_->restart(index);
  path_->at(-std::log(plan_.sigmas.front()), path_there_);
  draw_noise();
}

/// Of the step out of the node: its share of the path, to the spread that the plan has for it.
void GridTrajectory::draw_noise() {
  const std::size_t node = row_->node();
  if (node + 1 == plan_.sigmas.size()) return;
  const double here = -std::log(plan_.sigmas[node]), there = -std::log(plan_.sigmas[node + 1]);
  std::swap(path_here_, path_there_);
  path_->at(there, path_there_);
  const double scale = plan_.spread[node] / path_->deviation(here, there);
  const auto noise = row_->noise();
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = scale * (path_there_[i] - path_here_[i]);
}

double GridTrajectory::progress() const {
  return static_cast<double>(report_.evaluations) / static_cast<double>(plan_.evaluations);
}

bool GridTrajectory::receive(std::span<const double> point, std::span<const double> D) {
  ++report_.evaluations;
  if (!all_finite(D)) {
    abandon(Status::non_finite);
    return true;
  }
  if (report_.evaluations == 1) std::copy(D.begin(), D.end(), sample_.begin());
  if (row_->receive(point, D)) step_made();
  if (row_->done()) finish();
  return row_->done();
}

void GridTrajectory::step_made() {
  ++report_.accepted;
  if (path_) draw_noise();
  if (!steps_) return;
  const std::size_t end = row_->node();
  StepRecord record{.trajectory = report_.trajectory};
  record.lam = -std::log(plan_.sigmas[end - 1]);
  record.h = std::log(plan_.sigmas[end - 1] / plan_.sigmas[end]);
  record.error = record.tolerance = nan;  // nothing is estimated
  steps_->step(record);
}

void GridTrajectory::finish() {
  const double data_std = settings_.profile.data_std;
  report_.blown_up = data_std > 0 && rms_difference(row_->denoised(), sample_) > farthest * data_std;
  const auto result = plan_.final == Final::denoise ? row_->denoised() : std::span<const double>(row_->x());
  std::copy(result.begin(), result.end(), sample_.begin());
}

void GridTrajectory::abandon(Status status) {
  report_.status = status;
  std::ranges::fill(sample_, nan);
}

}  // namespace shockstep
