#include <shockstep/calibrate.hpp>
#include <shockstep/error.hpp>

#include "controller/fitted_schedule_json.hpp"
#include "core/cached.hpp"
#include "core/statistics.hpp"
#include "engine/cancel_only.hpp"
#include "engine/engine.hpp"
#include "engine/interface_probe.hpp"
#include "engine/pilot.hpp"
#include "engine/robust_fit.hpp"
#include "engine/step_warp.hpp"
#include "stepper/grid_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shockstep {
namespace {

constexpr std::array shares{1., .7, .4};               // of the fitted amplitudes, all tried
constexpr std::array dense_centres{1., .5, .25, .12};  // in data_std, of the grids that the fit may begin with
constexpr std::array dense_evens{.7, .4};              // the part of their nodes that is uniform
constexpr std::size_t dense_tried = 2;                 // of these, besides the fit
constexpr int fewest_pilots = 8, most_pilots = 24;
constexpr int runs_planned = 20;       // of the fit, each on all its rows
constexpr int runs_needed = 18;        // where evaluations are few
constexpr double reference_cost = 60;  // evaluations of a row, as a rule
constexpr double fitting = .36;        // of the evaluations, references of the rows included
constexpr double checking = .35;       // of the evaluations, kept for the check at the interfaces
constexpr int longest_reference = 1000;
constexpr int rows_for_spread = 16;           // that the pilot takes to measure data_std
constexpr double reference_tolerance = 3e-5;  // of a step of order 5, in data_std
constexpr double scale_over_median = 3;       // of the robust loss
constexpr std::size_t most_arcs = 16;
constexpr double interfaces_of_arc = 3;  // of which one is looked at; rather too many than too few
constexpr int typical_runs = 9;          // of a search for an interface and its flanks
constexpr double checks_planned = 3.5;   // of candidates
constexpr double safely_below = .8;      // the mean square of the base: few arcs measure it
constexpr int coarse_cost = 45;          // evaluations of a row that only has to end at the right mode
constexpr double coarse_tolerance = 1e-3;

bool descends(const std::vector<double>& sigmas) {
  return std::ranges::adjacent_find(sigmas, [](double a, double b) { return !(b < a); }) == sigmas.end();
}

class Calibration {
 public:
  Calibration(const ScoreModel& model, const Process& process, const SamplerOptions& options, std::int64_t most,
              Observer* observer)
      : model_(model),
        process_(process),
        options_(options),
        observer_(observer),
        d_(static_cast<std::size_t>(model.dimension())),
        most_(most),
        each_(make_grid_plan(process, on({})).evaluations),
        warp_(process, grid_nodes(options.method, options.final, options.steps->count)),
        careful_(process, options) {}

  FittedSchedule fit();

 private:
  using Indices = std::vector<std::int64_t>;
  using Samples = std::map<std::int64_t, std::vector<double>>;  // by index of the pilot's row

  /// A schedule on the rows whose exact ends are known.
  struct Tried {
    std::vector<double> sigmas;
    Residuals residuals;                // on the fitted rows
    std::vector<double> fit, held_out;  // errors
    ScheduleError error;                // on the held-out rows

    std::vector<double> all() const {  // errors
      auto errors = fit;
      errors.insert(errors.end(), held_out.begin(), held_out.end());
      return errors;
    }
  };

  SamplerOptions on(std::vector<double> sigmas) const;
  void plan_rows();
  void prepare_reference();
  Samples run(Plan plan, const InterfaceProbe::Latents& latents, std::int64_t first);
  Samples run_rows(const Plan& plan, const Indices& rows);
  Residuals residuals(const Indices& rows, const std::vector<double>& sigmas);
  Tried tried(const std::vector<double>& sigmas);
  double loss_scale2(const Tried& base) const;
  std::vector<double> fitted(std::vector<double> start, const Residuals& at_start, double scale2);
  std::vector<std::vector<double>> ways(const Tried& equal_steps);
  Plan on_grid(const std::vector<double>& sigmas) const;
  InterfaceProbe::Sampler ends_of(const Plan& plan);
  void find_arcs();
  void prepare_probe(const Tried& base);
  double mean_square(const Tried& candidate, double wrong) const;
  std::int64_t left() const { return most_ - spent_; }
  std::int64_t after_fit() const {  // evaluations of its results on all rows
    return static_cast<std::int64_t>(shares.size()) * (size(fit_) + size(held_out_)) * each_;
  }
  std::int64_t for_check() const { return static_cast<std::int64_t>(checking * static_cast<double>(most_)); }
  std::int64_t size(const Indices& rows) const { return static_cast<std::int64_t>(rows.size()); }

  const ScoreModel& model_;
  const Process& process_;
  const SamplerOptions& options_;
  Observer* observer_;
  std::size_t d_;
  std::int64_t most_, spent_ = 0;
  int each_;  // evaluations of a row on the grid
  StepWarp warp_;
  int wanted_ = 0;       // rows to fit to; half as many are held out
  int runs_ = 0;         // of the fit
  Plan careful_;         // of the references
  double data_std_ = 0;  // the model's, or measured
  Samples exact_;
  Indices fit_, held_out_;
  double apart_ = 0;  // share of the pairs of rows that end apart
  std::vector<Arc> arcs_;
  std::optional<InterfaceProbe> probe_;
};

SamplerOptions Calibration::on(std::vector<double> sigmas) const {
  SamplerOptions grid = options_;
  grid.steps->schedule = Schedule::log_sigma;
  grid.steps->sigmas = std::move(sigmas);
  return grid;
}

/// As many as leave the fit enough runs.
void Calibration::plan_rows() {
  const double rows = fitting * static_cast<double>(most_) / (reference_cost + runs_planned * each_);
  wanted_ = std::clamp(static_cast<int>(rows), fewest_pilots, most_pilots);
  // References, two schedules to compare with and the results on all rows, and the fit.
  const double needed = 1.5 * wanted_ * (reference_cost + static_cast<double>(2 + shares.size()) * each_) +
                        static_cast<double>(runs_needed) * wanted_ * each_;
  if (needed > static_cast<double>(most_))
    throw ConfigError("sampler.steps.count", "a fitted schedule of " + std::to_string(options_.steps->count) +
                                                 " steps takes more than the " + std::to_string(most_) +
                                                 " evaluations of a fit; set budget to " +
                                                 std::to_string(static_cast<std::int64_t>(std::ceil(needed))) +
                                                 " at least, take fewer steps, or log_sigma");
}

void Calibration::prepare_reference() {
  SamplerOptions careful;
  careful.order = max_multistep_order;
  careful.final = options_.final;
  const std::int64_t count = wanted_ + wanted_ / 2;
  const auto after = static_cast<std::int64_t>(2 + shares.size()) * count * each_;
  const std::int64_t spread = model_.data_std() > 0 ? 0 : rows_for_spread;
  const std::int64_t most_each = std::min<std::int64_t>((most_ - after) / (count + spread), longest_reference);
  careful.max_evaluations = static_cast<int>(most_each);
  GuardProfile steps = default_profile(model_, process_, careful, observer_);
  spent_ += steps.evaluations;
  data_std_ = steps.data_std;
  steps.first_step = .8;
  steps.order = max_multistep_order;
  steps.step_tolerance = reference_tolerance * data_std_;
  careful_ = Plan(process_, careful);
  careful_.way = AdaptivePlan{.guard = std::move(steps)};

  Indices all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  exact_ = run_rows(careful_, all);
  for (const auto& [row, end] : exact_) (row < wanted_ ? fit_ : held_out_).push_back(row);
}

/// Those that end well, by their trajectories: the first latents are those of trajectory `first`, on which what it is
/// conditioned on may depend.
Calibration::Samples Calibration::run(Plan plan, const InterfaceProbe::Latents& latents, std::int64_t first) {
  Samples out;
  if (latents.empty()) return out;
  plan.latents = [&](std::int64_t i, std::span<double> latent) {
    std::ranges::copy(latents[static_cast<std::size_t>(i - first)], latent.begin());
  };
  const auto count = static_cast<std::int64_t>(latents.size());
  CancelOnly observer(observer_);
  EngineRun engine{.model = model_,
                   .plan = plan,
                   .first = first,
                   .count = count,
                   .batch = static_cast<int>(count),
                   .observer = &observer};
  engine.finished = [&](const Trajectory& row) {
    if (row.report().status == Status::ok)
      out[row.report().trajectory].assign(row.sample().begin(), row.sample().end());
  };
  spent_ += run_engine(engine).evaluations;
  // Of those that are allowed; a fit may end with fewer.
  if (observer_) observer_->progress(static_cast<double>(spent_) / static_cast<double>(most_));
  observer.throw_if_cancelled();
  return out;
}

/// The rows among the pilot's given ones, ascending, that end well. Rows between them run too, since the trajectories of a
/// run are consecutive; hardly any are missing.
Calibration::Samples Calibration::run_rows(const Plan& plan, const Indices& rows) {
  if (rows.empty()) return {};
  const std::int64_t first = rows.front();
  InterfaceProbe::Latents latents(static_cast<std::size_t>(rows.back() - first + 1), std::vector<double>(d_));
  for (std::size_t i = 0; i < latents.size(); ++i) pilot_latents(first + static_cast<std::int64_t>(i), latents[i]);
  Samples out = run(plan, latents, first);
  std::erase_if(out, [&](const auto& row) { return !std::ranges::binary_search(rows, row.first); });
  return out;
}

Plan Calibration::on_grid(const std::vector<double>& sigmas) const {
  Plan plan(process_, options_);
  plan.way = GridRun{.grid = std::make_shared<const GridPlan>(make_grid_plan(process_, on(sigmas)))};
  plan.max_evaluations = each_;
  return plan;
}

/// Of all rows; NaN for one that did not end well.
Residuals Calibration::residuals(const Indices& rows, const std::vector<double>& sigmas) {
  const Samples samples = run_rows(on_grid(sigmas), rows);
  Residuals out;
  for (const std::int64_t row : rows) {
    const auto& exact = exact_.at(row);
    const auto found = samples.find(row);
    for (std::size_t i = 0; i < d_; ++i)
      out.push_back(found == samples.end() ? std::numeric_limits<double>::quiet_NaN() : found->second[i] - exact[i]);
  }
  return out;
}

std::vector<double> row_errors(const Residuals& residuals, std::size_t d) {
  std::vector<double> out;
  for (std::size_t begin = 0; begin < residuals.size(); begin += d) {
    double square = 0;
    for (std::size_t i = begin; i < begin + d; ++i) square += residuals[i] * residuals[i];
    out.push_back(std::sqrt(square / static_cast<double>(d)));
  }
  return out;
}

ScheduleError summary(const std::vector<double>& errors) {
  double square = 0;
  for (double e : errors) square += e * e;
  return {std::sqrt(square / static_cast<double>(errors.size())), quantile(errors, .5)};
}

/// Large errors are few and their mean is uncertain on few rows, so both measures have a say.
double merit(const ScheduleError& error) { return error.rms * error.median; }

Calibration::Tried Calibration::tried(const std::vector<double>& sigmas) {
  Tried out{.sigmas = sigmas, .residuals = residuals(fit_, sigmas), .fit = {}, .held_out = {}, .error = {}};
  out.fit = row_errors(out.residuals, d_);
  out.held_out = row_errors(residuals(held_out_, sigmas), d_);
  out.error = summary(out.held_out);
  return out;
}

/// c^2 of the loss.
double Calibration::loss_scale2(const Tried& base) const {
  const double scale = scale_over_median * summary(base.fit).median * std::sqrt(static_cast<double>(d_)) + 1e-15;
  return scale * scale;
}

std::vector<double> Calibration::fitted(std::vector<double> start, const Residuals& at_start, double scale2) {
  const std::int64_t one_run = size(fit_) * each_;
  RobustProblem problem;
  problem.row_length = d_;
  problem.residuals = [&](const std::vector<double>& a) {
    const auto sigmas = warp_.sigmas(a);
    // Where evaluations run short the check at the interfaces gives up some of its share before the fit loses its first rounds.
    const bool early = spent_ + one_run + after_fit() <= most_ && runs_ < runs_planned / 2;
    if (!descends(sigmas) || (left() < one_run + after_fit() + for_check() && !early)) return Residuals{};
    ++runs_;
    return residuals(fit_, sigmas);
  };
  problem.size = [&](const std::vector<double>& change) { return warp_.largest_exponent(change); };
  return minimise(problem, std::move(start), at_start, scale2);
}

/// Amplitudes worth trying. The loss has several minima: the fit begins with equal steps or with nodes dense somewhere in the
/// scales of the data, whichever has the least. A part of the way from equal steps to the fit is often better in rms than all of
/// it, and so are dense grids: the loss does not see the largest errors.
std::vector<std::vector<double>> Calibration::ways(const Tried& equal_steps) {
  const double scale2 = loss_scale2(equal_steps);
  std::vector<double> start(warp_.amplitudes());
  Residuals at_start = equal_steps.residuals;
  double least = robust_loss(at_start, d_, scale2);
  std::vector<std::pair<double, std::vector<double>>> dense;  // by merit
  for (const double centre : dense_centres)
    for (const double even : dense_evens) {
      const auto a = warp_.dense_about(centre * data_std_, even);
      const auto sigmas = warp_.sigmas(a);
      if (!descends(sigmas) || left() < runs_planned / 2 * size(fit_) * each_ + after_fit() + for_check()) continue;
      Residuals found = residuals(fit_, sigmas);
      dense.emplace_back(merit(summary(row_errors(found, d_))), a);
      if (const double loss = robust_loss(found, d_, scale2); loss < least)
        least = loss, start = a, at_start = std::move(found);
    }
  std::vector<std::vector<double>> out;
  const auto amplitudes = fitted(std::move(start), at_start, scale2);
  for (const double share : shares) {
    out.push_back(amplitudes);
    for (double& a : out.back()) a *= share;
  }
  std::ranges::sort(dense);
  for (std::size_t i = 0; i < std::min(dense.size(), dense_tried); ++i) out.push_back(std::move(dense[i].second));
  return out;
}

/// Mean square of all errors but the largest tenth: that of trajectories which end in the right mode.
double bulk_square(std::vector<double> errors) {
  std::ranges::sort(errors);
  errors.resize(errors.size() - errors.size() / 10);
  return std::pow(summary(errors).rms, 2);
}

/// Pairs of rows that end apart, no row in two of them, and which share of all pairs does.
void Calibration::find_arcs() {
  Indices rows = fit_;
  rows.insert(rows.end(), held_out_.begin(), held_out_.end());
  const auto distance = [&](std::int64_t i, std::int64_t j) { return rms_difference(exact_.at(i), exact_.at(j)); };
  std::vector<double> all;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) all.push_back(distance(rows[i], rows[j]));
  const double far = quantile(all, .5) / 2;
  apart_ = static_cast<double>(std::ranges::count_if(all, [&](double d) { return d > far; })) /
           static_cast<double>(all.size());
  const auto latent = [&](std::int64_t row) {
    std::vector<double> out(d_);
    pilot_latents(row, out);
    return out;
  };
  std::vector<bool> used(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = i + 1; j < rows.size() && !used[i]; ++j)
      if (!used[j] && distance(rows[i], rows[j]) > far) {
        used[i] = used[j] = true;
        arcs_.push_back({latent(rows[i]), latent(rows[j]), exact_.at(rows[i]), exact_.at(rows[j])});
      }
}

/// The ends that a sampler needs, in order. No run may take more than is left, and few take all they may: as many rows at a time as
/// are sure to fit.
InterfaceProbe::Sampler Calibration::ends_of(const Plan& plan) {
  return [this, plan](const InterfaceProbe::Latents& latents) {
    std::vector<std::vector<double>> out(latents.size());
    for (std::size_t begin = 0; begin < latents.size();) {
      const auto count =
          std::min<std::int64_t>(std::ssize(latents) - static_cast<std::int64_t>(begin), left() / plan.max_evaluations);
      if (count < 1) break;
      const auto first = latents.begin() + static_cast<std::ptrdiff_t>(begin);
      for (auto& [row, end] : run(plan, {first, first + count}, 0))
        out[begin + static_cast<std::size_t>(row)] = std::move(end);
      begin += static_cast<std::size_t>(count);
    }
    return out;
  };
}

/// As many arcs as leave the evaluations for a few candidates.
void Calibration::prepare_probe(const Tried& base) {
  find_arcs();
  const double each_arc =
      (InterfaceProbe::base_runs + checks_planned * typical_runs) * each_ + typical_runs * coarse_cost;
  const auto most = static_cast<std::size_t>(std::max(0., static_cast<double>(left()) / each_arc));
  arcs_.resize(std::min({arcs_.size(), most, most_arcs}));
  Plan coarse = careful_;
  std::get<AdaptivePlan>(coarse.way).guard.step_tolerance = coarse_tolerance * data_std_;
  coarse.max_evaluations = 3 * coarse_cost;
  probe_.emplace(std::move(arcs_), ends_of(on_grid(base.sigmas)), ends_of(coarse));
}

/// Wrong modes included, of which `wrong` is what the probe says.
double Calibration::mean_square(const Tried& candidate, double wrong) const {
  return bulk_square(candidate.all()) + interfaces_of_arc * apart_ * wrong;
}

FittedSchedule Calibration::fit() {
  plan_rows();
  prepare_reference();
  if (fit_.size() < fewest_pilots || held_out_.size() < fewest_pilots / 2)
    throw ModelError(
        "sampler.steps: too few pilot trajectories ended well to fit a schedule; check the model, or take log_sigma");
  const int nodes = grid_nodes(options_.method, options_.final, options_.steps->count);
  const Tried log_sigma = tried(grid_sigmas({.schedule = Schedule::log_sigma}, process_, nodes));
  const Tried karras = tried(grid_sigmas({.schedule = Schedule::karras}, process_, nodes));

  FittedSchedule out;
  out.rows = static_cast<int>(fit_.size()), out.held_out = static_cast<int>(held_out_.size());
  out.log_sigma = log_sigma.error, out.karras = karras.error;
  const Tried& base = merit(summary(karras.all())) < merit(summary(log_sigma.all())) ? karras : log_sigma;
  out.sigmas = base.sigmas, out.error = base.error;
  std::vector<Tried> candidates;
  if (warp_.amplitudes() > 0)
    for (const auto& amplitudes : ways(log_sigma)) {
      if (left() < (size(fit_) + size(held_out_)) * each_) break;
      Tried candidate = tried(warp_.sigmas(amplitudes));
      if (merit(candidate.error) < merit(base.error)) candidates.push_back(std::move(candidate));
    }
  std::ranges::sort(candidates, {}, [](const Tried& candidate) { return merit(candidate.error); });

  // Rows conditioned differently have no interface between them.
  const bool has_interfaces = model_.conditions() <= 1;
  if (has_interfaces && !candidates.empty()) prepare_probe(base);
  double best = std::numeric_limits<double>::infinity();
  for (const Tried& candidate : candidates) {
    double value = merit(candidate.error);
    if (has_interfaces) {
      const double square = mean_square(candidate, probe_->of(ends_of(on_grid(candidate.sigmas))));
      if (!(square < safely_below * mean_square(base, probe_->base()))) continue;
      value = std::sqrt(square) * summary(candidate.all()).median;
    }
    if (value < best) best = value, out.gained = true, out.sigmas = candidate.sigmas, out.error = candidate.error;
  }
  for (double sigma : out.sigmas) out.times.push_back(process_.time(sigma));
  out.checked = probe_ ? probe_->size() : 0;
  out.evaluations = spent_;
  if (observer_) observer_->progress(1);
  return out;
}

}  // namespace

FittedSchedule calibrate_schedule(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                                  std::int64_t most_evaluations, Observer* observer) {
  if (!options.steps) throw ConfigError("sampler.steps.count", "missing; a schedule is fitted for a number of steps");
  if (options.dynamics == Dynamics::sde)
    throw ConfigError("sampler.dynamics", "a schedule is fitted to a method of the ODE; set it to ode");
  try {
    return cached(
        options.cache, [&](const std::string& text) { return fitted_schedule_from_json(text, options.cache); },
        [&] { return Calibration(model, process, options, most_evaluations, observer).fit(); },
        [](const FittedSchedule& fitted) { return to_json(fitted); });
  } catch (const Cancelled&) {
    FittedSchedule none;
    none.complete = false;
    return none;
  }
}

}  // namespace shockstep
