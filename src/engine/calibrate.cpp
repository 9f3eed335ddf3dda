#include <shockstep/calibrate.hpp>
#include <shockstep/error.hpp>

#include "core/statistics.hpp"
#include "engine/engine.hpp"
#include "engine/pilot.hpp"
#include "engine/robust_fit.hpp"
#include "stepper/grid_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>

namespace shockstep {
namespace {

constexpr int modes = 3;                  // more of them fit the pilot's rows rather than the model
constexpr std::array shares{1., .7, .4};  // of the fitted amplitudes, tried in this order
constexpr auto most_candidates = static_cast<std::int64_t>(shares.size());
constexpr int fewest_rows = 8, most_rows = 64;
constexpr int runs_planned = 20;       // of the fit, each on all its rows
constexpr double reference_cost = 60;  // evaluations of a row, as a rule
constexpr int longest_reference = 1000;
constexpr int rows_for_spread = 16;           // that the pilot takes to measure data_std
constexpr double reference_tolerance = 3e-5;  // of a step of order 5, in data_std
constexpr double scale_over_median = 3;       // of the robust loss

/// h_n exp(sum_k a_k sqrt 2 cos(k pi (n + 1/2)/N)), rescaled to the length of the range: steps in lam that are positive
/// whatever the amplitudes a are.
class Warp {
 public:
  Warp(const Process& process, int nodes) : process_(process), steps_(nodes - 1), modes_(std::min(modes, steps_ - 1)) {}

  std::size_t amplitudes() const { return static_cast<std::size_t>(modes_); }

  /// Change of ln h_n, before the rescaling.
  double exponent(const std::vector<double>& a, int n) const {
    double sum = 0;
    for (int k = 1; k <= modes_; ++k)
      sum +=
          a[static_cast<std::size_t>(k - 1)] * std::numbers::sqrt2 * std::cos(k * std::numbers::pi * (n + .5) / steps_);
    return sum;
  }

  double largest_exponent(const std::vector<double>& a) const {
    double most = 0;
    for (int n = 0; n < steps_; ++n) most = std::max(most, std::abs(exponent(a, n)));
    return most;
  }

  std::vector<double> sigmas(const std::vector<double>& a) const {
    std::vector<double> lengths{0};  // from the first node
    for (int n = 0; n < steps_; ++n) lengths.push_back(lengths.back() + std::exp(exponent(a, n)));
    std::vector<double> out;
    for (double length : lengths)
      out.push_back(
          std::exp(-process_.lam_begin() - (process_.lam_end() - process_.lam_begin()) * length / lengths.back()));
    out.front() = process_.sigma_max(), out.back() = process_.sigma_min();
    return out;
  }

 private:
  const Process& process_;
  int steps_, modes_;
};

bool descends(const std::vector<double>& sigmas) {
  return std::ranges::adjacent_find(sigmas, [](double a, double b) { return !(b < a); }) == sigmas.end();
}

class Calibration {
 public:
  Calibration(const ScoreModel& model, const Process& process, const SamplerOptions& options, std::int64_t most)
      : model_(model),
        process_(process),
        options_(options),
        d_(static_cast<std::size_t>(model.dimension())),
        most_(most),
        each_(make_grid_plan(process, on({})).evaluations),
        warp_(process, grid_nodes(options.method, options.final, options.steps->count)) {}

  FittedSchedule fit();

 private:
  struct Rows {
    std::vector<std::int64_t> indices;
    std::vector<double> exact;
  };

  SamplerOptions on(std::vector<double> sigmas) const;
  void plan_rows();
  int most_for_reference(int count) const;
  void measure_references();
  Residuals residuals(const Rows& rows, const std::vector<double>& sigmas);
  ScheduleError error(const Residuals& residuals) const;
  std::vector<double> fitted(const Residuals& at_start);

  const ScoreModel& model_;
  const Process& process_;
  const SamplerOptions& options_;
  std::size_t d_;
  std::int64_t most_, spent_ = 0;
  int each_;  // evaluations of a row on the grid
  Warp warp_;
  int wanted_ = 0;  // rows to fit to; half as many are held out
  Rows fit_, held_out_;
};

SamplerOptions Calibration::on(std::vector<double> sigmas) const {
  SamplerOptions grid = options_;
  grid.steps->schedule = Schedule::log_sigma;
  grid.steps->sigmas = std::move(sigmas);
  return grid;
}

/// As many as leave the fit enough runs; the references, two schedules to compare with and the result on the held-out rows
/// included.
void Calibration::plan_rows() {
  const double row = 1.5 * reference_cost + (runs_planned + 1.5 * 2 + .5) * each_;
  wanted_ = std::min(most_rows, static_cast<int>(static_cast<double>(most_) / row));
  if (wanted_ < fewest_rows)
    throw ConfigError("sampler.steps.count", "a fitted schedule of " + std::to_string(options_.steps->count) +
                                                 " steps takes more than the " + std::to_string(most_) +
                                                 " evaluations of a fit; take fewer steps, or log_sigma");
}

/// Of one row, so that the schedules to compare with can always be run.
int Calibration::most_for_reference(int count) const {
  const std::int64_t held_out = count - wanted_;
  const std::int64_t to_compare = (2 * wanted_ + 2 * held_out + most_candidates * count) * each_;
  const std::int64_t spread = model_.data_std() > 0 ? 0 : rows_for_spread;
  return static_cast<int>(std::min<std::int64_t>((most_ - to_compare) / (count + spread), longest_reference));
}

void Calibration::measure_references() {
  const int count = wanted_ + wanted_ / 2;
  SamplerOptions careful;
  careful.order = max_multistep_order;
  careful.final = options_.final;
  careful.max_evaluations = most_for_reference(count);
  TrajectorySettings settings = settings_for(process_, careful);
  settings.latents = pilot_latents;
  settings.profile = default_profile(model_, process_, careful);
  spent_ += settings.profile.evaluations;
  settings.profile.first_step = .8;
  settings.profile.order = max_multistep_order;
  settings.profile.step_tolerance = reference_tolerance * settings.profile.data_std;

  std::vector<std::vector<double>> exact(static_cast<std::size_t>(count));
  EngineRun run{.model = model_, .settings = settings, .count = count, .batch = count};
  run.finished = [&](const Integration& row) {
    if (row.report().status != Status::ok) return;
    exact[static_cast<std::size_t>(row.report().trajectory)].assign(row.sample().begin(), row.sample().end());
  };
  spent_ += run_engine(run).evaluations;
  for (int i = 0; i < count; ++i) {
    const auto& sample = exact[static_cast<std::size_t>(i)];
    if (sample.empty()) continue;
    Rows& rows = i < wanted_ ? fit_ : held_out_;
    rows.indices.push_back(i);
    rows.exact.insert(rows.exact.end(), sample.begin(), sample.end());
  }
}

/// Trajectories keep their pilot indices, on which what they are conditioned on may depend; those without a reference are
/// left out of the result.
Residuals Calibration::residuals(const Rows& rows, const std::vector<double>& sigmas) {
  TrajectorySettings settings = settings_for(process_, options_);
  settings.grid = std::make_shared<const GridPlan>(make_grid_plan(process_, on(sigmas)));
  settings.latents = pilot_latents;
  Residuals out(rows.exact.size());
  const std::int64_t first = rows.indices.front(), count = rows.indices.back() - first + 1;
  EngineRun run{
      .model = model_, .settings = settings, .first = first, .count = count, .batch = static_cast<int>(count)};
  run.finished = [&](const Integration& row) {
    const auto found = std::ranges::lower_bound(rows.indices, row.report().trajectory);
    if (found == rows.indices.end() || *found != row.report().trajectory) return;
    const std::size_t begin = static_cast<std::size_t>(found - rows.indices.begin()) * d_;
    for (std::size_t i = 0; i < d_; ++i) out[begin + i] = row.sample()[i] - rows.exact[begin + i];
  };
  spent_ += run_engine(run).evaluations;
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

ScheduleError Calibration::error(const Residuals& residuals) const {
  const auto errors = row_errors(residuals, d_);
  double square = 0;
  for (double e : errors) square += e * e;
  return {std::sqrt(square / static_cast<double>(errors.size())), quantile(errors, .5)};
}

std::vector<double> Calibration::fitted(const Residuals& at_start) {
  const double scale = scale_over_median * error(at_start).median * std::sqrt(static_cast<double>(d_)) + 1e-15;
  const std::int64_t one_run = static_cast<std::int64_t>(wanted_) * each_;
  const std::int64_t kept = most_candidates * (wanted_ + wanted_ / 2) * each_;
  RobustProblem problem;
  problem.row_length = d_;
  problem.residuals = [&](const std::vector<double>& a) {
    const auto sigmas = warp_.sigmas(a);
    if (!descends(sigmas) || spent_ + one_run + kept > most_) return Residuals{};
    return residuals(fit_, sigmas);
  };
  problem.size = [&](const std::vector<double>& change) { return warp_.largest_exponent(change); };
  return minimise(problem, std::vector<double>(warp_.amplitudes()), at_start, scale * scale);
}

/// Large errors are few and their mean is uncertain on few rows, so both measures have a say.
double merit(const ScheduleError& error) { return error.rms * error.median; }

double rms_of_all(const Residuals& fit, const Residuals& held_out) {
  double square = 0;
  for (const Residuals* residuals : {&fit, &held_out})
    for (double e : *residuals) square += e * e;
  return std::sqrt(square / static_cast<double>(fit.size() + held_out.size()));
}

FittedSchedule Calibration::fit() {
  plan_rows();
  measure_references();
  if (fit_.indices.size() < fewest_rows || held_out_.indices.size() < fewest_rows / 2)
    throw ModelError(
        "sampler.steps: too few pilot trajectories ended well to fit a schedule; check the model, or take log_sigma");
  const int nodes = grid_nodes(options_.method, options_.final, options_.steps->count);
  const auto log_sigma = grid_sigmas({.schedule = Schedule::log_sigma}, process_, nodes);
  const auto karras = grid_sigmas({.schedule = Schedule::karras}, process_, nodes);

  FittedSchedule out;
  out.rows = static_cast<int>(fit_.indices.size()), out.held_out = static_cast<int>(held_out_.indices.size());
  const Residuals log_sigma_held_out = residuals(held_out_, log_sigma), karras_held_out = residuals(held_out_, karras);
  out.log_sigma = error(log_sigma_held_out), out.karras = error(karras_held_out);
  const bool rather_karras = merit(out.karras) < merit(out.log_sigma);
  out.sigmas = rather_karras ? karras : log_sigma;
  out.error = rather_karras ? out.karras : out.log_sigma;
  if (warp_.amplitudes() > 0) {
    const Residuals start = residuals(fit_, log_sigma);
    const double base_rms =
        rather_karras ? rms_of_all(residuals(fit_, karras), karras_held_out) : rms_of_all(start, log_sigma_held_out);
    // Between the base and the fit the rms is often less than at either: the loss does not see the largest errors.
    const auto amplitudes = fitted(start);
    for (double share : shares) {
      auto part = amplitudes;
      for (double& a : part) a *= share;
      const auto sigmas = warp_.sigmas(part);
      const Residuals there = residuals(held_out_, sigmas);
      const ScheduleError found = error(there);
      if (merit(found) < merit(out.error) && rms_of_all(residuals(fit_, sigmas), there) < base_rms) {
        out.gained = true, out.sigmas = sigmas, out.error = found;
        break;
      }
    }
  }
  for (double sigma : out.sigmas) out.times.push_back(process_.time(sigma));
  out.evaluations = spent_;
  return out;
}

}  // namespace

FittedSchedule calibrate_schedule(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                                  std::int64_t most_evaluations) {
  if (!options.steps) throw ConfigError("sampler.steps.count", "missing; a schedule is fitted for a number of steps");
  return Calibration(model, process, options, most_evaluations).fit();
}

}  // namespace shockstep
