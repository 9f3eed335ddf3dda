#include "engine/trajectory.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Repeated passes (guard_report and pilot_report in docs/guard.md give what was tried).
constexpr double redo_factor = 1. / 30;   // tolerance of a repeated pass over that of the pass before
constexpr double redo_relax = 1. / 3;     // after the burst errors no longer grow: less is enough
constexpr double redo_floor = .03;        // smallest further factor for the most critical scores
constexpr double redo_stop = .3;          // again while the error of the pass before exceeds this share of the tolerance
constexpr int most_passes = 5;

constexpr double landing_step = 1;        // in lam: evaluations kept back to reach the end within the budget
constexpr double shortest_step = 1e-9;    // in lam

bool all_finite(std::span<const double> a) {
  double sum = 0;  // infinities and NaN survive multiplication by zero
  for (double v : a) sum += v * 0;
  return sum == 0;
}

double rms_difference(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

bool probes(const TrajectorySettings& s) { return s.events || s.pilot_probes > 0; }

}  // namespace

std::size_t Trajectory::memory(const TrajectorySettings& settings, std::size_t d) {
  return MultistepRow::memory(settings.order, d) + d + (probes(settings) ? JacobianProbe::memory(d) : 0);
}

Trajectory::Trajectory(const TrajectorySettings& settings, double* memory, std::size_t d)
    : settings_(settings), d_(d), lam_begin_(-std::log(settings.sigma_max)), lam_end_(-std::log(settings.sigma_min)),
      row_(memory, settings.order, d), kept_(memory + MultistepRow::memory(settings.order, d)) {
  if (probes(settings)) probe_ = JacobianProbe(kept_ + d, d);
}

void Trajectory::start(std::int64_t index, Observer* steps) {
  report_ = {};
  report_.trajectory = index;
  path_ = {};
  steps_ = steps;
  tighten_ = relax_ = 1;
  begin_pass();
}

void Trajectory::begin_pass() {
  settings_.latents(report_.trajectory, row_.x());
  for (double& x : row_.x()) x *= settings_.sigma_max;
  row_.restart(lam_begin_);
  controller_.reset();
  burst_.reset();
  probe_.reset(report_.trajectory);
  detector_.reset();
  next_h_ = settings_.profile.first_step;
  beyond_tolerance_ = false;
  accepted_in_pass_ = 0;
  rate_ = nan;
  awaiting_ = Awaiting::seed;
}

double Trajectory::progress() const {
  return report_.passes > 1 ? 1 : (row_.lam() - lam_begin_) / (lam_end_ - lam_begin_);
}

double Trajectory::allowed(double lam) const {
  const double factor = report_.passes == 1 ? 1 : lam <= burst_end_ ? tighten_ : relax_;
  return settings_.profile.allowed(settings_.tolerance * factor, lam);
}

int Trajectory::evaluations_to_land() const {
  return std::max(1, static_cast<int>(std::ceil((lam_end_ - row_.lam()) / landing_step)));
}

void Trajectory::choose_step() {
  const double remaining = lam_end_ - row_.lam();
  const int left = evaluations_left();
  forced_ = left <= evaluations_to_land();
  last_ = false;
  h_ = std::min(next_h_, settings_.longest_step);
  if (!settings_.profile.cap.empty()) h_ = std::min(h_, settings_.profile.cap(row_.lam()));
  if (forced_) {  // log-uniform steps that use up the budget
    h_ = remaining / left;
    last_ = left == 1;
  } else if (h_ >= remaining) {
    h_ = remaining;
    last_ = true;
  } else if (h_ > .6 * remaining) {  // two equal steps rather than a long and a tiny one
    h_ = .5 * remaining;
  }
}

double Trajectory::request(std::span<double> point) {
  if (awaiting_ == Awaiting::seed) {
    std::copy(row_.x().begin(), row_.x().end(), point.begin());
    return settings_.sigma_max;
  }
  if (awaiting_ == Awaiting::probe) {
    probe_.request(point);
    return probe_.sigma();
  }
  choose_step();
  used_order_ = row_.predict(h_, point);
  // The range is closed: rounding of exp must not leave it.
  return last_ ? settings_.sigma_min : std::clamp(std::exp(-row_.lam() - h_), settings_.sigma_min, settings_.sigma_max);
}

bool Trajectory::receive(std::span<const double> point, std::span<const double> D) {
  ++report_.evaluations;
  bool done = false;
  switch (awaiting_) {
    case Awaiting::seed:
      if (!all_finite(D)) {
        finish(Status::non_finite);
        return true;
      }
      row_.seed(D);
      awaiting_ = Awaiting::step;
      break;
    case Awaiting::step:
      done = receive_step(point, D);
      break;
    case Awaiting::probe:
      receive_probe(D);
      break;
  }
  // A repeated pass that cannot be finished within the budget is dropped: the result of the pass before stands.
  if (!done && report_.passes > 1 && evaluations_left() <= evaluations_to_land()) {
    --report_.passes;
    finish(Status::ok);
    done = true;
  }
  return done;
}

bool Trajectory::receive_step(std::span<const double> point, std::span<const double> D) {
  const auto outcome = row_.correct(point, D);
  if (!std::isfinite(outcome.error)) {
    finish(Status::non_finite);
    return true;
  }
  const double lam0 = row_.lam(), lam1 = last_ ? lam_end_ : lam0 + h_;
  const double tolerance = allowed(lam1);
  const auto verdict = controller_.judge(outcome.error / tolerance, used_order_ + 1, forced_);
  if (steps_)
    steps_->step({report_.trajectory, report_.passes, lam0, h_, outcome.error, tolerance, rate_, verdict.accept});
  next_h_ = std::max(h_ * verdict.factor, shortest_step);
  if (!verdict.accept) {
    ++report_.rejected;
    return false;
  }

  row_.accept();
  ++report_.accepted;
  ++accepted_in_pass_;
  beyond_tolerance_ |= outcome.error > tolerance;
  burst_.add(outcome.rate2, outcome.bend2, lam0, lam1);
  if (report_.passes == 1) {
    const double landed = outcome.error * std::exp(settings_.profile.log_gain(lam1));
    path_.predictor = std::hypot(path_.predictor, landed);
    if (settings_.record) path_.steps.push_back({lam0, h_, last_});
  }
  if (last_) return finish_pass();

  const double sigma = std::exp(-lam1);
  if (probes(settings_) && wants_probe(std::sqrt(outcome.rate2) / sigma)) {
    probe_.aim(point, row_.denoised(), row_.previous(), sigma);
    awaiting_ = Awaiting::probe;
  }
  return false;
}

bool Trajectory::wants_probe(double burst) {
  const double sigma = std::exp(-row_.lam());
  bool wanted;
  if (settings_.pilot_probes > 0)
    wanted = accepted_in_pass_ % settings_.pilot_probes == 0 && sigma < settings_.pilot_window &&
             sigma > 1.2 * settings_.sigma_min;
  else
    wanted = detector_.step(row_.lam(), burst, accepted_in_pass_);
  return wanted && evaluations_left() > evaluations_to_land() + 1;
}

void Trajectory::receive_probe(std::span<const double> D) {
  ++report_.probes;
  awaiting_ = Awaiting::step;
  const double J = probe_.measure(D, row_.denoised());
  if (!std::isfinite(J)) return;  // a step there would end the trajectory; a probe only goes unused
  rate_ = J - 1;
  if (settings_.record) path_.probes.push_back({row_.lam(), J});
  if (settings_.events) detector_.probed(J, probe_.direction());
}

bool Trajectory::finish_pass() {
  const GuardProfile& guard = settings_.profile;
  const auto result = settings_.final == Final::denoise ? row_.denoised() : std::span<const double>(row_.x());
  const std::span kept(kept_, d_);
  bool again = false;
  if (report_.passes == 1) {
    report_.score = burst_.value();
    burst_end_ = burst_.late() + 1e-9;
    again = guard.redo && report_.score > guard.threshold && !beyond_tolerance_;
    tighten_ = redo_factor * std::max(std::pow(guard.threshold / report_.score, 3), redo_floor);
  } else {
    again = rms_difference(result, kept) * redo_factor > redo_stop * settings_.tolerance && report_.passes < most_passes;
    tighten_ *= redo_factor;
  }
  relax_ = std::max(redo_relax, tighten_);
  std::copy(result.begin(), result.end(), kept.begin());
  if (again) {
    const bool forced_before = beyond_tolerance_;
    ++report_.passes;
    begin_pass();
    beyond_tolerance_ = forced_before;
    return false;
  }
  finish(beyond_tolerance_ ? Status::budget : Status::ok);
  return true;
}

double Trajectory::error_estimate() const {
  // Conformal over the pilot's rows, whose true errors are known; repeated rows count as if at the threshold.
  const double relative = report_.score / settings_.profile.threshold;
  return settings_.profile.calibration * path_.predictor *
         std::pow(settings_.profile.redo ? std::min(relative, 1.) : relative, 3);
}

void Trajectory::finish(Status status) {
  report_.status = status;
  if (status == Status::ok || status == Status::budget)
    report_.error_estimate = error_estimate();
  else
    std::fill_n(kept_, d_, nan);
  if (settings_.events) {
    report_.events = detector_.events(report_.trajectory, settings_.time, &report_.exponent);
  }
}

void Trajectory::abandon(Status status) { finish(status); }

}  // namespace shockstep
