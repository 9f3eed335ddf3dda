#include "trajectory/adaptive.hpp"

#include "core/nan.hpp"
#include "stepper/method_spec.hpp"
#include "stepper/replayed_steps.hpp"
#include "stepper/runge_kutta.hpp"

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

constexpr double random_open = .1, random_closed = .8;  // of a probe's direction: the top direction may wake up late

// The last step over what was proposed: its error is aimed at a tenth of what is allowed, and no decision is left to step over.
constexpr double longest_last = 1.25;

constexpr double before_jump = 1e-9;  // in lam: how near to a jump of D a step ends

}  // namespace

/// A step that was tried, and what it is held against. Filled as that becomes known.
struct AdaptiveTrajectory::Attempt {
  StepChoice step;
  double unit;  // what the controller measures it in
  bool staged;  // by Runge-Kutta
  double lam0, lam1, sigma1;
  StepOutcome outcome;
  StepGaps gaps;
  int error_order;  // the error falls as the length to this power
  double error, tolerance, ratio;
  StepBound bound;
};

AdaptiveTrajectory::AdaptiveTrajectory(const Plan& plan, const AdaptivePlan& way, State& state)
    : Trajectory(plan, state),
      way_(way),
      guard_(way.guard),
      lam_begin_(-std::log(plan.sigma_start)),
      longest_step_(spec_of(way.guard.method).longest_step),
      multistep_(state, way.guard.order, way.guard.scale),
      detector_(static_cast<double>(state.dimension()) * guard_.data_std * guard_.data_std, guard_.largest_J,
                way.on_manifold),
      start_D_(state.make()),
      result_(state.make()) {
  multistep_.warp(guard_.warp);
  if (way.events) node_D_ = state.make(), measured_D_ = state.make(), direction_.resize(state.dimension());
  if (way.events && way.at_bursts)
    bursts_.emplace(state, [this](double lam) { return detector_.possible(lam) && may_probe(); });
  else if (way.events || (way.record && way.record->probe_every > 0))
    probe_.emplace(state, way.difference);
  if (guard_.method == Method::own)
    staged_ = std::make_unique<ReplayedSteps>(way.own, state, way.events);
  else if (guard_.method != Method::multistep)
    staged_ = make_staged_steps(guard_.method, state, way.events);
}

Task<Status> AdaptiveTrajectory::integrate() {
  begin_trajectory();
  for (bool again = true; again;) {
    begin_pass();
    co_await write_latents(multistep_.x(), plan_.sigma_start);
    if (report_.passes == 1) {
      co_await state_.set(State::point, multistep_.x());
      co_await state_.evaluate(plan_.sigma_start);
      if (!co_await state_.finite(State::answer)) co_return Status::non_finite;
      co_await state_.set(start_D_, State::answer);
    }
    co_await multistep_.seed(start_D_);
    if (seeks_events_) co_await state_.set(node_D_, start_D_);
    if (bursts_) co_await bursts_->node(lam_begin_, plan_.sigma_start, multistep_.x(), multistep_.x(), start_D_);

    for (bool last = false; !last;) {
      if (report_.passes > 1 && must_land(remaining(), evaluations_left(),
                                          spare())) {  // it cannot be finished: the result of the pass before stands
        --report_.passes;
        co_return arrived(true);
      }
      // Choose a step, make it, and evaluate D at its end.
      const double unit = unit_step();
      const StepChoice step = choose(unit);
      Attempt attempt;
      attempt.step = step, attempt.unit = unit, attempt.staged = staged_ && !step.forced;
      attempt.lam0 = multistep_.lam();
      attempt.lam1 = step.last ? plan_.range.lam_end : attempt.lam0 + step.length;
      attempt.sigma1 = step.last ? plan_.range.low : plan_.range.sigma(attempt.lam1);
      CorrectionSums sums;
      if (attempt.staged) {
        const bool whole = co_await staged_->step({multistep_.x(), multistep_.denoised(), attempt.lam0, step.length,
                                                   plan_.range.sigma(attempt.lam0), attempt.sigma1});
        if (!whole) co_return Status::non_finite;
        sums = co_await multistep_.adopt(step.length);
        attempt.outcome = multistep_.outcome(sums, staged_->error());
      } else {
        co_await multistep_.predict(step.length, step.forced ? landing_values : max_multistep_order);
        co_await state_.evaluate(attempt.sigma1);
        if (noise_.wants(step.length)) attempt.gaps = co_await multistep_.gaps();
        sums = co_await multistep_.correct();
        attempt.outcome = multistep_.outcome(sums);
      }
      // Judge it.
      if (!std::isfinite(attempt.outcome.error)) co_return Status::non_finite;
      const auto verdict = judge(attempt);
      tell({report_.trajectory, report_.passes, attempt.lam0, step.length, attempt.error, attempt.bound.largest(),
            rate_, verdict.accept});
      pace_ = std::max(step.length * factor_after(verdict), shortest_step) / unit;
      if (!verdict.accept) {
        ++report_.rejected;
        continue;
      }
      co_await multistep_.compare_orders();
      accept(attempt);
      last = step.last;
      if (step.jump) co_await cross_jump();
      if (!(seeks_events_ || (probe_ && way_.record))) continue;
      // Visit its nodes, for events and measurements.
      for (const Node& node : nodes_of(attempt)) {
        bool measured = false;
        if (bursts_)
          co_await measure_bursts(node);
        else if (due(node))
          measured = co_await measure(node);
        if (!seeks_events_) continue;
        const Vector D = measured ? probe_->denoised() : node.D;
        const double moved2 = co_await state_.distance2(D, node_D_);
        detector_.node(node.lam, node.lam - last_node_, distance(moved2), accepted_in_pass_);
        last_node_ = node.lam;
        co_await state_.set(node_D_, D);
        if (measured) co_await tell_detector();
      }
    }
    again = co_await finish_pass();
  }
  co_return arrived(guard_.high_error > guard_.tolerance);
}

void AdaptiveTrajectory::begin_trajectory() {
  path_ = {};
  seeks_events_ = way_.measured(report_.trajectory);
  if (way_.events && !seeks_events_) report_.exponent = nan;
  tighten_ = relax_ = 1;
  asymmetry2_sum_ = 0;
  asymmetries_ = probes_ = 0;
}

void AdaptiveTrajectory::begin_pass() {
  multistep_.restart(lam_begin_);
  controller_.reset();
  noise_.reset();
  drift_.reset();
  burst_.reset();
  if (probe_) probe_->reset(report_.trajectory);
  if (bursts_) bursts_->restart(report_.trajectory);
  detector_.reset(report_.trajectory < way_.long_directions);
  pace_ = guard_.first_step / unit_step();
  beyond_tolerance_ = false;
  accepted_in_pass_ = 0;
  last_node_ = multistep_.lam();
  rate_ = nan;
}

double AdaptiveTrajectory::progress() const {
  return report_.passes > 1 ? 1 : (multistep_.lam() - lam_begin_) / (plan_.range.lam_end - lam_begin_);
}

/// What the controller measures steps in, lam. In few steps it cannot follow the typical length, which falls towards the
/// scale of the data and rises again: it is told of it, and sees to deviations alone. Where steps are many it follows, and
/// its lag makes those behind a decision shorter, which pays.
inline double AdaptiveTrajectory::unit_step() const { return guard_.paced ? guard_.cap(multistep_.lam()) : 1; }

/// Length of the next step over that of this one.
inline double AdaptiveTrajectory::factor_after(const StepController::Verdict& verdict) const {
  return guard_.steady && verdict.accept ? controller_.growth : verdict.factor;
}

inline StepChoice AdaptiveTrajectory::choose(double unit) const {
  const bool guarded = !guard_.cap.empty();
  double proposed = std::min(pace_ * unit, longest_step_);
  if (guarded) proposed = std::min(proposed, guard_.cap(multistep_.lam()));
  const StepChoice step =
      choose_step(proposed, remaining(), evaluations_left(), spare(), guarded && !staged_ ? longest_last : 1);
  return plan_.whole_times && !step.last ? to_whole_time(step) : to_jump(step);
}

/// The step that ends before the next jump of D, where it would cross one. A forced step lands, whatever its error.
inline StepChoice AdaptiveTrajectory::to_jump(StepChoice step) const {
  const double from = multistep_.lam();
  const auto next = std::ranges::upper_bound(plan_.jumps, from + 2 * before_jump);
  const double near_end = plan_.range.lam_end - 2 * before_jump;  // where nothing is left to begin anew for
  if (step.forced || next == plan_.jumps.end() || *next >= near_end || from + step.length < *next - before_jump)
    return step;
  step.length = *next - before_jump - from, step.last = false, step.jump = true;
  return step;
}

/// To the other side, where nothing is known of D as yet.
Task<> AdaptiveTrajectory::cross_jump() {
  const double lam = multistep_.lam() + before_jump;
  co_await state_.set(State::point, multistep_.x());
  co_await state_.evaluate(plan_.range.sigma(lam) * (1 - before_jump));
  multistep_.restart(lam);
  co_await multistep_.seed(State::answer);
  if (seeks_events_) co_await state_.set(node_D_, State::answer);
  pace_ = std::min(pace_, guard_.first_step / unit_step());
}

/// The step that ends at the nearest whole time.
inline StepChoice AdaptiveTrajectory::to_whole_time(StepChoice step) const {
  const double from = multistep_.lam(), end = plan_.whole_times->lam_near(from + step.length, from);
  step.last = end >= plan_.range.lam_end;
  step.least = end - from > step.length && end <= plan_.whole_times->lam_near(from, from);
  step.length = step.last ? remaining() : end - from;
  return step;
}

inline double AdaptiveTrajectory::allowed(double lam, double sigma) const {
  const double factor = report_.passes == 1 ? 1 : lam <= burst_end_ ? tighten_ : relax_;
  return guard_.allowed(guard_.step_tolerance * factor, lam, sigma);
}

inline StepController::Verdict AdaptiveTrajectory::judge(Attempt& a) {
  // The multistep's corrector is one order above its predictor: their difference overrates its error by a length of about one in
  // lam over the step. Judged is difference times h/usual_step: errors of long and short steps become comparable.
  const double scale = a.staged ? 1 : a.step.length / usual_step;
  a.error = a.outcome.error * scale;
  a.tolerance = allowed(a.lam1, a.staged ? std::exp(-a.lam1) : a.sigma1);
  a.bound = noise_.bound(a.tolerance, noise_.found() ? multistep_.noise_weight() * scale : 0);
  a.ratio = a.bound.ratio(a.error);
  a.error_order = a.staged ? staged_->error_order() + 1 : multistep_.order() + 2;
  // The shortest step is accepted whatever its error: only noise or a jump can exceed the tolerance there, and the noise floor
  // needs the step to tell which.
  const bool force = a.step.forced || a.step.least || (a.ratio > 1 && a.step.length <= shortest_step);
  return controller_.judge(a.ratio, a.step.length / a.unit, a.error_order, force);
}

inline void AdaptiveTrajectory::accept(const Attempt& a) {
  noise_.add(a.gaps, a.tolerance);
  watch_model(a);
  multistep_.accept();
  ++report_.accepted;
  ++accepted_in_pass_;
  beyond_tolerance_ |= a.step.forced && a.error > a.bound.largest();
  burst_.add(a.outcome.speed2, a.outcome.bend2, a.lam0, a.lam1);
  if (report_.passes > 1) return;
  const double landed = a.error * std::exp(guard_.log_gain(a.lam1));
  path_.predictor2 += landed * landed;
  if (!way_.record) return;
  const double h = a.step.length, aimed = a.step.forced ? h : h * controller_.aim(a.ratio, a.error_order);
  path_.steps.push_back({a.lam0, h, aimed, a.step.last});
}

/// What the report says of the model.
inline void AdaptiveTrajectory::watch_model(const Attempt& a) {
  report_.noise = std::max(report_.noise, noise_.level());
  if (report_.passes > 1 || a.step.forced)
    return;  // a repeated pass has a tighter tolerance than the one that was asked for
  if (a.error > a.tolerance) {
    ++report_.noise_limited;
    report_.noise_excess = std::max(report_.noise_excess, a.error / a.tolerance);
  }
  drift_.add(a.step.length, a.outcome.move2 / static_cast<double>(state_.dimension()),
             a.staged ? std::exp(-a.lam1) : a.sigma1, a.bound.largest());
}

/// Those of an accepted step: the stages inside a Runge-Kutta step, which may be longer than an interface, and its end.
std::span<const AdaptiveTrajectory::Node> AdaptiveTrajectory::nodes_of(const Attempt& a) {
  nodes_.clear();
  if (a.staged && seeks_events_)
    for (const auto& stage : staged_->stages())
      nodes_.push_back({stage.lam, stage.x, stage.x, stage.D, node_D_, false});
  const Vector x = multistep_.x();  // of a Runge-Kutta step, which is not corrected, also where D is known
  nodes_.push_back({a.lam1, a.staged ? x : State::point, x, multistep_.denoised(), multistep_.previous(), a.step.last});
  return nodes_;
}

/// Whether J is measured there. The pilot measures every few steps, a sample where events are due.
bool AdaptiveTrajectory::due(const Node& node) const {
  const int every = way_.record ? way_.record->probe_every : 0;
  const bool wanted =
      every > 0 ? accepted_in_pass_ % every == 0 && std::exp(-node.lam) < way_.record->probe_below && !node.last
                : detector_.due(node.lam, node.last);
  return wanted && may_probe();
}

/// Evaluations that must be left after a probe: the steps to the end at the pilot's typical lengths, and half as many again for
/// rejections. Without a pilot, what landing takes.
int AdaptiveTrajectory::evaluations_to_finish() const {
  const LamTable& cap = guard_.cap;
  if (cap.empty()) return steps_to_land(remaining());
  int steps = 0;
  for (double lam = multistep_.lam(); lam < plan_.range.lam_end; ++steps) lam += std::max(cap(lam), 1e-3);
  return steps + steps / 2;
}

JacobianProbe::Effort AdaptiveTrajectory::effort() const {
  if (way_.record) return {.products = 2, .all = false};
  if (way_.on_manifold) return {.products = JacobianProbe::max_products, .all = true};
  return {.products = 3, .all = false};
}

/// J at the node; false if it is not finite and goes unused: a step there would end the trajectory.
Task<bool> AdaptiveTrajectory::measure(Node node) {
  const bool settled = way_.record || detector_.open();
  const double sigma = std::max(std::exp(-node.lam), plan_.range.low);
  co_await probe_->measure({node.predicted, node.x, node.D, node.D_before, sigma},
                           settled ? random_open : random_closed, effort(), probes_);
  if (!std::isfinite(probe_->J())) co_return false;
  rate_ = probe_->J() - 1;
  if (const double asymmetry2 = probe_->asymmetry2(); std::isfinite(asymmetry2) && !way_.data_are_given) {
    asymmetry2_sum_ += asymmetry2;
    report_.asymmetry2 = asymmetry2_sum_ / ++asymmetries_;
  }
  if (way_.record) path_.probes.push_back({multistep_.lam(), probe_->J()});
  co_return true;
}

/// Whether the budget leaves room for one.
bool AdaptiveTrajectory::may_probe() const { return evaluations_left() >= evaluations_to_finish() + effort().products; }

/// J at the bursts of the path up to the node.
Task<> AdaptiveTrajectory::measure_bursts(Node node) {
  const int before = probes_;
  const double sigma = std::max(std::exp(-node.lam), plan_.range.low);
  co_await bursts_->node(node.lam, sigma, node.predicted, node.x, node.D);
  co_await bursts_->measure(node.last, probes_);
  if (probes_ > before && !bursts_->measured().empty()) rate_ = bursts_->measured().back().J - 1;
}

/// What was measured at the node that the detector knows of.
Task<> AdaptiveTrajectory::tell_detector() {
  const Vector D = probe_->denoised();
  // Along the direction: on data that fill a manifold the rest of the motion is no interface's.
  const double moved = co_await state_.dot_difference(D, measured_D_, probe_->direction());
  co_await state_.read(probe_->direction(), direction_);
  detector_.measured(probe_->J(), std::abs(moved), direction_, probe_->second());
  co_await state_.set(measured_D_, D);
}

/// Keeps the result; true if the guard wants another pass.
Task<bool> AdaptiveTrajectory::finish_pass() {
  Vector result = multistep_.x();
  if (plan_.final == Final::denoise) result = co_await multistep_.denoised_at_x();
  const double score = burst_.value();
  const double due =
      redo_factor * std::max(std::pow(guard_.threshold / score, 3), redo_floor);  // tolerance for that score
  bool again = false;
  if (report_.passes == 1) {
    const double moved2 = co_await state_.distance2(multistep_.denoised(), start_D_);
    report_.drift = way_.data_are_given || !way_.independent ? nan : drift_.mean();
    report_.blown_up = rms(moved2) > farthest * guard_.data_std;
    report_.score = score;
    burst_end_ = burst_.late() + 1e-9;
    again = guard_.redo && score > guard_.threshold && !beyond_tolerance_;
    tighten_ = due;
  } else if (report_.passes < most_passes) {
    // The pass was not tight enough if it changed the result, or if it met a burst that its steps had missed before: two
    // passes agree where both have taken the same wrong side.
    const double change2 = co_await state_.distance2(result, result_);
    const bool changed = rms(change2) * redo_factor > redo_stop * guard_.step_tolerance;
    again = changed || due < redo_surprise * tighten_;
    tighten_ = std::min(due, changed ? redo_factor * tighten_ : tighten_);
  }
  if (noise_.found()) again = false;  // a tighter tolerance is out of reach
  relax_ = std::max(redo_relax, tighten_);
  co_await state_.set(result_, result);
  co_await state_.read(result_, sample_);
  log_events();
  report_.passes += again;
  co_return again;
}

/// ok or budget. `limited`: max_evaluations made the pilot loosen the steps, or forbade a repeated pass.
Status AdaptiveTrajectory::arrived(bool limited) const {
  const bool short_of_it = limited && guard_.tolerance > 0 && error_estimate() > guard_.tolerance;
  return beyond_tolerance_ || short_of_it ? Status::budget : Status::ok;
}

double AdaptiveTrajectory::error_estimate() const {
  // Conformal over the pilot's rows, whose true errors are known; without a pilot, over other networks.
  const double predictor = error_predictor(path_, report_, guard_.threshold);
  return std::max(guard_.calibration * std::pow(predictor, guard_.predictor_power), guard_.least_estimate);
}

void AdaptiveTrajectory::ended() {
  report_.probes = probes_;
  if (report_.status == Status::ok || report_.status == Status::budget)
    report_.error_estimate = error_estimate();
  else
    log_events();
}

/// The events of the pass so far take the place of those of the pass before.
void AdaptiveTrajectory::log_events() {
  if (!seeks_events_) return;
  if (bursts_) {
    auto found = bursts_->measured();
    std::ranges::sort(found, {}, &BurstProbe::Measurement::node);
    for (const auto& m : found) detector_.at_burst(m.node - 1, m.lam, m.J, m.moved, m.direction);
  }
  report_.events = detector_.events(report_.trajectory, plan_.time, report_.exponent);
}

}  // namespace shockstep
