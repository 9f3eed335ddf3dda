#include "engine/pilot.hpp"

#include <shockstep/error.hpp>
#include <shockstep/precision.hpp>
#include <shockstep/random.hpp>

#include "core/statistics.hpp"
#include "engine/pilot_tables.hpp"
#include "engine/rehearsal.hpp"

#include <ATen/ops/item.h>
#include <ATen/ops/linalg_matrix_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace shockstep {
namespace {

constexpr const char* without_guard = "sampler.guard to off";  // what helps where a pilot fails
constexpr std::uint64_t pilot_seed = 77;
constexpr int rows_measured = 33;  // fewest for a conformal 97 % quantile: n >= .97/.03
constexpr int rows_for_cap = 16;
constexpr double warp = 1.5;  // scale of the interpolation variable over the spread of the data
// Mean step of the reference in lam below which order 4, or 5, takes fewer steps than the order below it.
constexpr double step_for_4 = .30, step_for_5 = .18;
constexpr double level = .97;  // coverage of tolerance and error estimate
// The redo is on where the score explains some of the log error, and errors grow at all: J > 1, as the probes see it.
constexpr double worth_redo = 0, dangerous_J = 1.05;
constexpr double reference_share = .05;  // step tolerance of the reference over the error wanted

// Few rows: the largest among them is itself uncertain.
constexpr double estimate_margin = 60. / rows_measured, error_margin = 50. / rows_measured;

constexpr int reference_evaluations = 1000;  // at least, per row
constexpr double confirmation_share = .002;  // in place of reference_share for a row whose reference is in doubt

// The map from the error wanted to the tolerance of a step: a secant in their logarithms.
constexpr double first_guess = 2;              // step tolerance over the error wanted
constexpr double fewest_share = .2, aim = .6;  // of the error wanted: what the high error is allowed and aimed at
constexpr double longest_move = 4;             // ratio of successive step tolerances
constexpr double loosest = 8;  // step tolerance over the error wanted: beyond, 33 rows do not tell enough
constexpr int most_rehearsals = 4;
constexpr std::int64_t most_evaluations = 10000;  // of the pilot, before it rehearses once more to save evaluations

constexpr double most_out_of_budget = .1;  // of the pilot's trajectories
constexpr double loosened = 4;             // ratio of successive step tolerances while more of them are
constexpr int most_loosened = 12;

constexpr DifferenceStep probe_step{shortest_difference, shortest_difference};

GuardProfile untuned_profile(const ScoreModel& model, const SamplerOptions& options) {
  GuardProfile profile;
  profile.data_std = model.data_std() > 0 ? model.data_std() : 1;
  profile.step_tolerance = options.tolerance;
  profile.method = options.method;
  if (options.order > 0) profile.order = options.order;
  return profile;
}

/// Of rows of the pilot with this profile.
Plan pilot_plan(const Process& process, const SamplerOptions& options, GuardProfile profile,
                AdaptivePlan::Record record = {}) {
  Plan plan(process, options);
  plan.latents = pilot_latents;
  plan.way = AdaptivePlan{.guard = std::move(profile), .own = options.own_adaptive, .record = record};
  return plan;
}

/// Higher orders pay where steps are short. `mean_step`: of the reference, in lam, were it run at reference_share of the
/// tolerance of a step.
int suited_order(double mean_step) { return mean_step < step_for_5 ? 5 : mean_step < step_for_4 ? 4 : 3; }

double mean_step(const std::vector<Rehearsed>& rows, double range) {
  double steps = 0;
  for (const Rehearsed& row : rows) steps += row.report.accepted;
  return range * static_cast<double>(rows.size()) / steps;
}

std::vector<double> logs(const std::vector<double>& values) {
  std::vector<double> out;
  for (double v : values) out.push_back(std::log(v + 1e-300));
  return out;
}

/// Standard deviation of the samples along the direction where it is largest.
double main_spread(const std::vector<Rehearsed>& rows) {
  std::vector<at::Tensor> samples;
  for (const Rehearsed& row : rows) samples.push_back(at::tensor(row.sample, at::kDouble));
  const auto x = at::stack(samples);
  const double largest = at::linalg_matrix_norm(x.sub(x.mean(0)), 2).item().toDouble();
  return largest / std::sqrt(static_cast<double>(rows.size() - 1));
}

/// The pilot of one model, range and set of options.
class Pilot {
 public:
  Pilot(const ScoreModel& model, const Process& process, const SamplerOptions& options, const Observer* observer);

  struct Rehearsal {
    GuardProfile profile;
    double out_of_budget;      ///< share of trajectories that max_evaluations ended
    std::int64_t evaluations;  ///< of this rehearsal
  };
  /// Everything that depends on the tolerance of a step, from trajectories run at it.
  Rehearsal rehearse_at(double step_tolerance);

 private:
  std::vector<Rehearsed> rows(const GuardProfile& profile, std::int64_t first, std::int64_t count);
  std::vector<Rehearsed> counted(RehearsedRows&& rehearsed);
  void measure_reference();
  double cost(const std::vector<Rehearsed>& rows, int order) const;
  void confirm_reference(std::size_t i, const GuardProfile& profile);

  const ScoreModel& model_;
  const Process& process_;
  const SamplerOptions& options_;
  const Observer* observer_;
  double begin_, end_;
  std::int64_t evaluations_ = 0;
  GuardProfile base_;             // what does not depend on the tolerance of a step
  bool warp_chosen_;              // before the first rehearsal, or by it
  std::vector<Rehearsed> exact_;  // reference end points
  std::vector<bool> confirmed_;   // those measured a second time
  std::vector<std::vector<double>> gains_;
  double reference_step_ = 0;  // mean, in lam
};

Pilot::Pilot(const ScoreModel& model, const Process& process, const SamplerOptions& options, const Observer* observer)
    : model_(model),
      process_(process),
      options_(options),
      observer_(observer),
      begin_(process.lam_begin()),
      end_(process.lam_end()),
      base_(default_profile(model, process, options, observer)),
      warp_chosen_(model.exact()) {  // on mixtures neither scale is better than the other
  evaluations_ = base_.evaluations;
  measure_reference();
}

std::vector<Rehearsed> Pilot::counted(RehearsedRows&& rehearsed) {
  evaluations_ += rehearsed.statistics.evaluations;
  return std::move(rehearsed.rows);
}

std::vector<Rehearsed> Pilot::rows(const GuardProfile& profile, std::int64_t first, std::int64_t count) {
  const auto judge = [&](std::size_t row, Rehearsed& rehearsed) {
    const bool known = row < exact_.size();
    if (known) rehearsed.error = rms_difference(rehearsed.sample, exact_[row].sample);
    if (!known || rehearsed.error <= options_.tolerance)
      rehearsed.sample = std::vector<double>();  // its reference is not in doubt
  };
  return counted(rehearse(model_, pilot_plan(process_, options_, profile), {.first = first, .count = count}, observer_,
                          without_guard, judge));
}

/// End points and remaining gain of each row, in one run.
void Pilot::measure_reference() {
  GuardProfile reference = base_;
  reference.first_step = .8;
  reference.method = Method::multistep;
  reference.order = max_multistep_order;
  reference.step_tolerance = reference_share * options_.tolerance;
  Plan plan =
      pilot_plan(process_, options_, std::move(reference), {.probe_every = 3, .probe_below = 8 * base_.data_std});
  std::get<AdaptivePlan>(plan.way).difference = difference_step(model_, probe_step, Difference::one_sided);
  plan.max_evaluations = std::max(options_.max_evaluations, reference_evaluations);
  exact_ = counted(rehearse(model_, plan, {.count = rows_measured}, observer_, without_guard));

  confirmed_.assign(exact_.size(), false);
  std::vector<std::vector<double>> growths;
  for (const Rehearsed& row : exact_) {
    growths.push_back(growth(row.path.probes, begin_, end_));
    gains_.push_back(log_gain(growths.back(), (end_ - begin_) / (gain_nodes - 1)));
  }
  base_.source = "pilot";
  base_.conditioning = model_.conditioning();
  base_.max_evaluations = options_.max_evaluations;
  base_.tolerance = options_.tolerance;
  base_.largest_J = largest(growths, begin_, end_, .2);
  reference_step_ = mean_step(exact_, end_ - begin_);
  base_.warp = warp * base_.data_std;
  base_.first_step = 1.2;
}

/// Mean ln error of the first of the pilot's rows, corrected to equal evaluations: errors fall as evaluations^-order.
double Pilot::cost(const std::vector<Rehearsed>& rows, int order) const {
  std::vector<double> errors;
  double evaluations = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    errors.push_back(rows[i].error);
    evaluations += static_cast<double>(rows[i].report.evaluations);
  }
  return mean(logs(errors)) + order * std::log(evaluations);
}

/// The reference knew no gain, and may itself have ended in the wrong mode: where a rehearsal contradicts it, it is measured
/// again with the weight and the cap.
void Pilot::confirm_reference(std::size_t i, const GuardProfile& profile) {
  GuardProfile careful = profile;
  careful.method = Method::multistep;
  careful.order = max_multistep_order;
  careful.step_tolerance = confirmation_share * options_.tolerance;
  careful.redo = false;
  Plan plan = pilot_plan(process_, options_, std::move(careful));
  plan.max_evaluations = std::max(options_.max_evaluations, reference_evaluations);
  exact_[i] =
      counted(rehearse(model_, plan, {.first = static_cast<std::int64_t>(i), .count = 1}, observer_, without_guard))
          .front();
  confirmed_[i] = true;
}

Pilot::Rehearsal Pilot::rehearse_at(double step_tolerance) {
  const std::int64_t before = evaluations_;
  GuardProfile profile = base_;
  profile.step_tolerance = step_tolerance;
  // Steps of the reference go like tolerance^(1/7): its order is 5, judged one order higher.
  const int suited = suited_order(reference_step_ * std::pow(step_tolerance / options_.tolerance, 1. / 7));
  if (options_.order == 0) profile.order = suited;
  const bool few_steps = suited == 3 && profile.method == Method::multistep;
  // Where steps are longer F judges those far above the data so leniently that some run into decisions: more wrong modes.
  if (suited == 5 && profile.method == Method::multistep) profile.scale = profile.data_std;

  // 1. Weight: a high quantile of the gain. At a tight tolerance the few most critical rows no longer dominate the error.
  profile.quantile = options_.guard.quantile > 0                ? options_.guard.quantile
                     : step_tolerance < 1e-3 * profile.data_std ? .9
                                                                : .97;
  profile.log_gain = high_gain(gains_, begin_, end_, profile.quantile);

  // 2. Variable of interpolation, and cap: the typical step at this tolerance. 3. Threshold of the score.
  auto uncapped = rows(profile, 0, rows_for_cap);
  if (!warp_chosen_) {
    // D is a power series in 1/sigma above the spread of the data; that of images along their main direction may be many times
    // that of a pixel.
    GuardProfile wide = profile;
    wide.warp = warp * main_spread(exact_);
    auto with_wide = rows(wide, 0, rows_for_cap);
    if (cost(with_wide, profile.order) < cost(uncapped, profile.order)) {
      base_.warp = profile.warp = wide.warp;
      uncapped = std::move(with_wide);
    }
    warp_chosen_ = true;
  }
  std::vector<const PathData*> paths;
  for (const Rehearsed& row : uncapped) paths.push_back(&row.path);
  profile.cap = typical_steps(paths, begin_, end_, few_steps);
  profile.paced = few_steps && !profile.cap.empty();
  auto rehearsed = rows(profile, 0, rows_rehearsed);
  std::vector<double> scores, errors;
  for (const Rehearsed& row : rehearsed) scores.push_back(row.report.score);
  profile.threshold = weibull_quantile(scores, 1 - share_repeated);

  // 4. Redo, where the score tells large errors from small ones.
  for (std::size_t i = 0; i < exact_.size(); ++i) errors.push_back(rehearsed[i].error);
  scores.resize(exact_.size());
  const auto log_errors = logs(errors);
  profile.explained = correlation(logs(scores), log_errors) * standard_deviation(log_errors);
  const auto& J = base_.largest_J.values;
  const bool dangerous = *std::max_element(J.begin(), J.end()) > dangerous_J;
  profile.redo = options_.guard.redo == Switch::on ||
                 (options_.guard.redo == Switch::automatic && dangerous && profile.explained > worth_redo);

  // 5. Error estimate: the pilot's rows are exchangeable with the samples and their errors are known.
  std::vector<double> ratios;
  for (std::size_t i = 0; i < exact_.size(); ++i) {
    if (profile.redo && rehearsed[i].report.score > profile.threshold) {
      rehearsed[i] = rows(profile, static_cast<std::int64_t>(i), 1).front();
      errors[i] = rehearsed[i].error;
    }
    if (errors[i] > options_.tolerance && !confirmed_[i]) {
      confirm_reference(i, profile);
      errors[i] = rms_difference(rehearsed[i].sample, exact_[i].sample);
    }
    ratios.push_back(errors[i] / error_predictor(rehearsed[i].path, rehearsed[i].report, profile.threshold));
  }
  profile.calibration = estimate_margin * conformal_quantile(ratios, level);
  profile.high_error = error_margin * conformal_quantile(errors, level);
  profile.evaluations = evaluations_;
  const auto spent = std::count_if(rehearsed.begin(), rehearsed.end(),
                                   [](const Rehearsed& row) { return row.report.status == Status::budget; });
  return {profile, static_cast<double>(spent) / static_cast<double>(rehearsed.size()), evaluations_ - before};
}

}  // namespace

void pilot_latents(std::int64_t row, std::span<double> out) {
  fill_normal(out, pilot_seed, Stream::pilot, static_cast<std::uint64_t>(row));
}

GuardProfile default_profile(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                             const Observer* observer) {
  GuardProfile profile = untuned_profile(model, options);
  if (model.data_std() > 0) return profile;
  const auto [rows, statistics] =
      rehearse(model, pilot_plan(process, options, profile), {.count = rows_for_cap}, observer, "model.data_std");
  profile.evaluations += statistics.evaluations;
  std::vector<double> samples;
  for (const Rehearsed& row : rows) samples.insert(samples.end(), row.sample.begin(), row.sample.end());
  profile.data_std = spread_over_rows(samples, rows[0].sample.size());
  if (!(profile.data_std > 0) && model.exact()) profile.data_std = process.sigma_min();  // a point: D is constant
  if (!(profile.data_std > 0)) throw ModelError("all pilot samples are equal; set model.data_std");
  return profile;
}

GuardProfile run_pilot(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                       const Observer* observer) {
  Pilot pilot(model, process, options, observer);
  double step_tolerance = first_guess * options.tolerance, slope = 1;
  auto rehearsal = pilot.rehearse_at(step_tolerance);
  const auto fits = [&] { return rehearsal.out_of_budget <= most_out_of_budget; };
  for (int n = 1; n < most_rehearsals && fits(); ++n) {
    const double share = rehearsal.profile.high_error / options.tolerance;
    if (share <= 1 &&
        (share >= fewest_share || rehearsal.profile.evaluations + rehearsal.evaluations > most_evaluations))
      break;
    const double step = std::clamp(std::pow(aim / share, 1 / slope), 1 / longest_move, longest_move);
    const double move = std::min(step, loosest * options.tolerance / step_tolerance);
    if (move == 1) break;
    const double before = rehearsal.profile.high_error;
    step_tolerance *= move;
    rehearsal = pilot.rehearse_at(step_tolerance);
    slope = std::clamp(std::log((rehearsal.profile.high_error + 1e-300) / (before + 1e-300)) / std::log(move), .6, 1.8);
  }
  // The tolerance is out of reach within max_evaluations: steps are loosened until the rows arrive.
  for (int n = 0; n < most_loosened && !fits(); ++n) {
    step_tolerance *= loosened;
    rehearsal = pilot.rehearse_at(step_tolerance);
  }
  return rehearsal.profile;
}

}  // namespace shockstep
