#include "engine/trajectory.hpp"

#include "core/nan.hpp"
#include "core/statistics.hpp"
#include "engine/landing.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

// Repeated passes (docs/guard.md).
constexpr double redo_factor = 1. / 30;  // tolerance of a repeated pass over that of the pass before
constexpr double redo_relax = 1. / 3;    // after the burst errors no longer grow: less is enough
constexpr double redo_floor = .03;       // smallest further factor for the most critical scores
constexpr double redo_stop = .3;         // again while the error of the pass before exceeds this share of the tolerance
constexpr double redo_surprise = .25;    // or while its score asks for a tolerance smaller than this share of its own
constexpr int most_passes = 5;

constexpr double noise_open = .1, noise_closed = .8;  // of a probe's direction: the top direction may wake up late

// The multistep's corrector is one order above its predictor, so that their difference overrates its error by a length of
// about one in lam over the step. Judged is difference times h/usual_step: errors of long and short steps become comparable.
constexpr double usual_step = .4;

constexpr double shortest_step = 1e-9;  // in lam
// The last step over what was proposed: its error is aimed at a tenth of what is allowed, and no decision is left to step over.
constexpr double longest_last = 1.25;

/// In lam. A Runge-Kutta step is long, and its embedded error sees little of a decision inside: an interface is about one
/// wide. That of Bogacki and Shampine vanishes at 1 for dx/dlam = -x, where it is -z^3 (1 + z)/48 with z = -h.
double longest(Method method) {
  return method == Method::multistep ? 2.5 : method == Method::bogacki_shampine ? .5 : 1;
}

double distance(std::span<const double> a, std::span<const double> b) {
  return rms_difference(a, b) * std::sqrt(static_cast<double>(a.size()));
}

}  // namespace

TrajectorySettings settings_for(const Process& process, const SamplerOptions& options) {
  TrajectorySettings s;
  s.sigma_max = s.sigma_start = process.sigma_max();
  s.sigma_min = process.sigma_min();
  s.max_evaluations = options.max_evaluations;
  s.final = options.final;
  s.sde = options.dynamics == Dynamics::sde;
  s.eta = s.sde ? options.eta : 0;
  s.time = [process](double sigma) { return process.time(sigma); };
  return s;
}

std::size_t Trajectory::memory(const TrajectorySettings& settings, std::size_t d) {
  std::size_t doubles = MultistepRow::memory(settings.profile.order, d) + 2 * d;
  if (settings.events || settings.pilot_probes > 0) doubles += JacobianProbe::memory(d);
  if (settings.events) doubles += 2 * d;
  return doubles;
}

Trajectory::Trajectory(const TrajectorySettings& settings, double* memory, std::size_t d)
    : settings_(settings),
      d_(d),
      lam_begin_(-std::log(settings.sigma_start)),
      lam_end_(-std::log(settings.sigma_min)),
      longest_step_(longest(settings.profile.method)),
      row_(memory, settings.profile.order, d),
      detector_(static_cast<double>(d) * settings.profile.data_std * settings.profile.data_std,
                settings.profile.largest_J) {
  row_.warp(settings.profile.warp);
  memory += MultistepRow::memory(settings.profile.order, d);
  start_D_ = memory;
  kept_ = memory + d;
  memory += 2 * d;
  if (settings.events) {
    node_D_ = memory;
    measured_D_ = memory + d;
    memory += 2 * d;
  }
  if (settings.events || settings.pilot_probes > 0) probe_ = JacobianProbe(memory, d);
  if (settings.profile.method != Method::multistep) runge_kutta_.emplace(settings.profile.method, d);
}

void Trajectory::start(std::int64_t index, Observer* steps) {
  report_ = {};
  report_.trajectory = index;
  path_ = {};
  asymmetry2_sum_ = 0;
  asymmetries_ = 0;
  steps_ = steps;
  tighten_ = relax_ = 1;
  begin_pass();
}

void Trajectory::begin_pass() {
  settings_.latents(report_.trajectory, row_.x());
  for (double& x : row_.x()) x *= settings_.sigma_start;
  row_.restart(lam_begin_);
  if (runge_kutta_) runge_kutta_->reset();
  controller_.reset();
  noise_.reset();
  drift_.reset();
  burst_.reset();
  probe_.reset(report_.trajectory);
  detector_.reset(report_.trajectory < settings_.long_directions);
  pace_ = settings_.profile.first_step / unit_step();
  beyond_tolerance_ = false;
  accepted_in_pass_ = 0;
  last_node_ = lam_begin_;
  rate_ = nan;
  awaiting_ = Awaiting::seed;
  if (report_.passes > 1) seed({start_D_, d_});
}

void Trajectory::seed(std::span<const double> D) {
  row_.seed(D);
  if (settings_.events) std::copy(D.begin(), D.end(), node_D_);
  awaiting_ = Awaiting::step;
}

double Trajectory::progress() const {
  return report_.passes > 1 ? 1 : (row_.lam() - lam_begin_) / (lam_end_ - lam_begin_);
}

double Trajectory::allowed(double lam, double sigma) const {
  const double factor = report_.passes == 1 ? 1 : lam <= burst_end_ ? tighten_ : relax_;
  return settings_.profile.allowed(settings_.profile.step_tolerance * factor, lam, sigma);
}

int Trajectory::evaluations_to_land() const {
  return std::max(1, static_cast<int>(std::ceil((lam_end_ - row_.lam()) / landing_step)));
}

/// What a measurement must leave: the steps to the end at the pilot's typical lengths, and half as many again for rejections.
/// Without a pilot no more than landing takes.
int Trajectory::evaluations_to_finish() const {
  const LamTable& cap = settings_.profile.cap;
  if (cap.empty()) return evaluations_to_land();
  int steps = 0;
  for (double lam = row_.lam(); lam < lam_end_; ++steps) lam += std::max(cap(lam), 1e-3);
  return steps + steps / 2;
}

/// Whether a full step, should it be rejected, would leave too few evaluations to land with.
bool Trajectory::must_land() const {
  return evaluations_left() < evaluations_to_land() + (runge_kutta_ ? runge_kutta_->evaluations() : 1);
}

/// What the controller measures steps in, lam. In few steps it cannot follow the typical length, which falls towards the
/// scale of the data and rises again: it is told of it, and sees to deviations alone. Where steps are many it follows, and
/// its lag makes those behind a decision shorter, which pays.
double Trajectory::unit_step() const {
  const GuardProfile& guard = settings_.profile;
  return guard.paced ? guard.cap(row_.lam()) : 1;
}

void Trajectory::choose_step() {
  const double remaining = lam_end_ - row_.lam();
  const int left = evaluations_left();
  const bool guarded = !settings_.profile.cap.empty();
  forced_ = must_land();
  last_ = false;
  h_ = std::min(pace_ * unit_step(), longest_step_);
  if (guarded) h_ = std::min(h_, settings_.profile.cap(row_.lam()));
  if (forced_) {  // log-uniform steps of the multistep, one evaluation each, that use up the budget
    h_ = remaining / left;
    last_ = left == 1;
  } else if ((guarded && !runge_kutta_ ? longest_last : 1) * h_ >= remaining) {
    h_ = remaining;
    last_ = true;
  } else if (h_ > .6 * remaining) {  // two equal steps rather than a long and a tiny one
    h_ = .5 * remaining;
  }
}

double Trajectory::request(std::span<double> point) {
  if (awaiting_ == Awaiting::seed) {
    std::copy(row_.x().begin(), row_.x().end(), point.begin());
    return settings_.sigma_start;
  }
  if (awaiting_ == Awaiting::probe) {
    probe_.request(point);
    return probe_.sigma();
  }
  if (!in_stages()) {
    choose_step();
    if (runge_kutta_ && !forced_) runge_kutta_->begin(row_.x(), row_.denoised(), row_.lam(), h_);
  }
  const double end = row_.lam() + h_;
  double lam = end;
  if (in_stages()) {
    lam = runge_kutta_->request(point);
    used_order_ = runge_kutta_->error_order();
  } else {
    used_order_ = row_.predict(h_, point, forced_ ? landing_values : max_multistep_order);
  }
  // The range is closed: rounding of exp must not leave it.
  sigma_ =
      last_ && lam >= end ? settings_.sigma_min : std::clamp(std::exp(-lam), settings_.sigma_min, settings_.sigma_max);
  return sigma_;
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
      std::copy(D.begin(), D.end(), start_D_);
      seed(D);
      break;
    case Awaiting::step: done = receive_step(point, D); break;
    case Awaiting::probe: done = receive_probe(D); break;
  }
  // A repeated pass that cannot be finished within the budget is dropped: the result of the pass before stands.
  if (!done && report_.passes > 1 && !in_stages() && must_land()) {
    --report_.passes;
    finish(arrived(true));
    done = true;
  }
  return done;
}

bool Trajectory::receive_step(std::span<const double> point, std::span<const double> D) {
  const bool in_stages = this->in_stages();
  if (in_stages && all_finite(D) && !runge_kutta_->receive(point, D)) return false;
  const StepGaps gaps = !in_stages && noise_.wants(h_) ? row_.gaps(D) : StepGaps{};
  const auto outcome =
      in_stages ? row_.adopt(h_, runge_kutta_->end(), D, runge_kutta_->error()) : row_.correct(point, D);
  if (!std::isfinite(outcome.error)) {
    finish(Status::non_finite);
    return true;
  }
  const double lam0 = row_.lam(), lam1 = last_ ? lam_end_ : lam0 + h_;
  const double scale = in_stages ? 1 : h_ / usual_step;
  const double sigma1 = in_stages ? std::exp(-lam1) : sigma_;
  const double error = outcome.error * scale, tolerance = allowed(lam1, sigma1);
  const StepBound bound = noise_.bound(tolerance, noise_.found() ? row_.noise_weight() * scale : 0);
  // The shortest step is accepted: nothing but noise or a jump fails it, and it tells the one from the other.
  const double ratio = bound.ratio(error);
  const int error_order = used_order_ + (in_stages ? 1 : 2);
  const double unit = unit_step();
  const auto verdict = controller_.judge(ratio, h_ / unit, error_order, forced_ || (ratio > 1 && h_ <= shortest_step));
  if (steps_)
    steps_->step({report_.trajectory, report_.passes, lam0, h_, error, bound.largest(), rate_, verdict.accept});
  pace_ = std::max(h_ * verdict.factor, shortest_step) / unit;
  if (!verdict.accept) {
    ++report_.rejected;
    return false;
  }

  noise_.add(gaps, tolerance);
  watch_model(outcome.move2, sigma1, error, bound, tolerance);
  row_.accept();
  ++report_.accepted;
  ++accepted_in_pass_;
  beyond_tolerance_ |= forced_ && error > bound.largest();
  burst_.add(outcome.rate2, outcome.bend2, lam0, lam1);
  if (report_.passes == 1) {
    const double landed = error * std::exp(settings_.profile.log_gain(lam1));
    path_.predictor2 += landed * landed;
    if (settings_.record) {
      const double aimed = forced_ ? h_ : h_ * controller_.aim(ratio, error_order);
      path_.steps.push_back({lam0, h_, aimed, last_});
    }
  }
  node_ = 0;
  inner_nodes_ = settings_.events && in_stages ? runge_kutta_->stages() : 0;
  return visit_nodes(point);
}

/// The nodes of an accepted step that are left: the stages inside a Runge-Kutta step, which may be longer than an interface,
/// and its end. True once the trajectory is done; not yet if J is to be measured. predicted: where D at the end is known.
bool Trajectory::visit_nodes(std::span<const double> predicted) {
  for (; node_ < inner_nodes_; ++node_) {
    const auto stage = runge_kutta_->stage(node_);
    if (begin_probe({stage.x, stage.x, stage.D, {node_D_, d_}, 0})) return false;
    end_node(stage.D);
  }
  if (begin_probe({predicted, row_.x(), row_.denoised(), row_.previous(), 0})) return false;
  if (settings_.events) end_node(row_.denoised());
  return last_ && finish_pass();
}

/// At an accepted step, before it is kept: what the report says of the model.
void Trajectory::watch_model(double move2, double sigma1, double error, const StepBound& bound, double tolerance) {
  report_.noise = std::max(report_.noise, noise_.level());
  if (report_.passes > 1) return;  // its tolerance is tighter than the one that was asked for
  if (error > tolerance && !forced_) {
    ++report_.noise_limited;
    report_.noise_excess = std::max(report_.noise_excess, error / tolerance);
  }
  if (!forced_) drift_.add(h_, move2 / static_cast<double>(d_), sigma1, bound.largest());
}

/// Of the node being visited.
double Trajectory::node_lam() const {
  if (node_ < inner_nodes_) return runge_kutta_->stage(node_).lam;
  return last_ ? lam_end_ : row_.lam();
}

/// At a node: whether J is measured there. The pilot measures every few steps, a sample where events are due.
bool Trajectory::begin_probe(JacobianProbe::Node node) {
  if (!settings_.events && settings_.pilot_probes == 0) return false;
  const double lam = node_lam(), sigma = std::exp(-lam);
  const bool last = last_ && node_ == inner_nodes_;
  bool due;
  if (settings_.pilot_probes > 0)
    due = accepted_in_pass_ % settings_.pilot_probes == 0 && sigma < settings_.pilot_window && !last;
  else
    due = detector_.due(lam, last);
  if (!due || evaluations_left() < evaluations_to_finish() + JacobianProbe::max_products) return false;
  const bool settled = settings_.pilot_probes > 0 || detector_.open();
  node.sigma = std::max(sigma, settings_.sigma_min);
  probe_.aim(node, settled ? noise_open : noise_closed, settings_.pilot_probes > 0 ? 2 : JacobianProbe::max_products);
  awaiting_ = Awaiting::probe;
  return true;
}

bool Trajectory::receive_probe(std::span<const double> D) {
  ++report_.probes;
  if (probe_.receive(D)) return false;  // one more product
  awaiting_ = Awaiting::step;
  const double J = probe_.J();
  if (std::isfinite(J)) {  // a probe that is not finite goes unused; a step there would end the trajectory
    rate_ = J - 1;
    if (const double asymmetry2 = probe_.asymmetry2(); std::isfinite(asymmetry2) && !settings_.from_data) {
      asymmetry2_sum_ += asymmetry2;
      report_.asymmetry2 = asymmetry2_sum_ / ++asymmetries_;
    }
    if (settings_.record) path_.probes.push_back({row_.lam(), J});
  }
  if (settings_.events) {
    end_node(std::isfinite(J) ? probe_.denoised() : row_.denoised());
    if (std::isfinite(J)) {
      const std::span last_measured(measured_D_, d_);
      detector_.measured(J, distance(probe_.denoised(), last_measured), probe_.direction());
      std::copy(probe_.denoised().begin(), probe_.denoised().end(), last_measured.begin());
    }
  }
  if (node_++ < inner_nodes_) return visit_nodes(row_.x());  // a Runge-Kutta step is not corrected: its end is row_.x()
  return last_ && finish_pass();
}

/// Tells the detector of the node being visited; D: the best known value there.
void Trajectory::end_node(std::span<const double> D) {
  const std::span before(node_D_, d_);
  const double lam = node_lam();
  detector_.node(lam, lam - last_node_, distance(D, before), accepted_in_pass_);
  last_node_ = lam;
  std::copy(D.begin(), D.end(), before.begin());
}

bool Trajectory::finish_pass() {
  const GuardProfile& guard = settings_.profile;
  const auto result = settings_.final == Final::denoise ? row_.denoised() : std::span<const double>(row_.x());
  const std::span kept(kept_, d_);
  const double score = burst_.value();
  const double due =
      redo_factor * std::max(std::pow(guard.threshold / score, 3), redo_floor);  // tolerance for that score
  bool again = false;
  if (report_.passes == 1) {
    report_.drift = settings_.from_data ? nan : drift_.mean();
    report_.blown_up = rms_difference(row_.denoised(), {start_D_, d_}) > farthest * guard.data_std;
    report_.score = score;
    burst_end_ = burst_.late() + 1e-9;
    again = guard.redo && score > guard.threshold && !beyond_tolerance_;
    tighten_ = due;
  } else if (report_.passes < most_passes) {
    // The pass was not tight enough if it changed the result, or if it met a burst that its steps had missed before: two
    // passes agree where both have taken the same wrong side.
    const bool changed = rms_difference(result, kept) * redo_factor > redo_stop * guard.step_tolerance;
    again = changed || due < redo_surprise * tighten_;
    tighten_ = std::min(due, changed ? redo_factor * tighten_ : tighten_);
  }
  if (noise_.found()) again = false;  // a tighter tolerance is out of reach
  relax_ = std::max(redo_relax, tighten_);
  std::copy(result.begin(), result.end(), kept.begin());
  log_events();
  if (again) {
    ++report_.passes;
    begin_pass();
    return false;
  }
  finish(arrived(guard.high_error > guard.tolerance));
  return true;
}

/// ok or budget. `limited`: max_evaluations made the pilot loosen the steps, or forbade a repeated pass.
Status Trajectory::arrived(bool limited) const {
  const GuardProfile& guard = settings_.profile;
  const bool short_of_it = limited && guard.tolerance > 0 && error_estimate() > guard.tolerance;
  return beyond_tolerance_ || short_of_it ? Status::budget : Status::ok;
}

double Trajectory::error_estimate() const {
  // Conformal over the pilot's rows, whose true errors are known.
  return settings_.profile.calibration * error_predictor(path_, report_, settings_.profile.threshold);
}

void Trajectory::finish(Status status) {
  report_.status = status;
  if (status == Status::ok || status == Status::budget) {
    report_.error_estimate = error_estimate();
  } else {
    std::fill_n(kept_, d_, nan);
    log_events();
  }
}

/// The events of the pass so far take the place of those of the pass before.
void Trajectory::log_events() {
  if (settings_.events) report_.events = detector_.events(report_.trajectory, settings_.time, report_.exponent);
}

void Trajectory::abandon(Status status) { finish(status); }

}  // namespace shockstep
