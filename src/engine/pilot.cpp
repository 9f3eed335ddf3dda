#include "engine/pilot.hpp"

#include <shockstep/error.hpp>
#include <shockstep/random.hpp>

#include "core/statistics.hpp"
#include "engine/engine.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace shockstep {
namespace {

constexpr std::uint64_t pilot_seed = 77;
constexpr int rows_measured = 33;  // fewest for a conformal 97 % quantile: n >= .97/.03
// The score needs no reference, so its quantile may use more rows: as many as the budget allows.
constexpr int fewest_rehearsed = 48, most_rehearsed = 96;
constexpr std::int64_t budget = 5000;  // model evaluations
constexpr int rows_for_cap = 16;
constexpr int gain_nodes = 240, cap_nodes = 60;
constexpr double screen = .04;  // share of trajectories repeated
constexpr double cap_quantile = .4;
constexpr double warp = 1.5;  // scale of the interpolation variable over data_std
// Mean step of the reference in lam below which order 4, or 5, takes fewer steps than the order below it.
constexpr double step_for_4 = .22, step_for_5 = .13;
constexpr double level = .97;            // coverage of the error estimate
constexpr double worth_redo = 0;         // least log error explained by the score
constexpr double reference_share = .05;  // tolerance of the reference over the rehearsed one

struct Row {
  std::vector<double> sample;
  TrajectoryReport report;
  PathData path;
};

/// Runs pilot rows [first, first + count) with these settings; adds to `evaluations`.
std::vector<Row> rehearse(const ScoreModel& model, TrajectorySettings settings, std::int64_t first, std::int64_t count,
                          std::int64_t& evaluations) {
  settings.record = true;
  std::vector<Row> rows(static_cast<std::size_t>(count));
  EngineRun run{.model = model, .settings = settings, .first = first, .count = count, .batch = 64};
  run.finished = [&](const Trajectory& t) {
    const auto i = static_cast<std::size_t>(t.report().trajectory - first);
    rows[i] = {{t.sample().begin(), t.sample().end()}, t.report(), t.path()};
  };
  const RunStatistics statistics = run_engine(run);
  evaluations += statistics.evaluations;
  for (const Row& row : rows)
    if (row.report.status != Status::ok && row.report.status != Status::budget)
      throw ModelError("a pilot trajectory ended with status " + std::string(name(row.report.status)) +
                       (statistics.first_failure.empty() ? "" : " (" + statistics.first_failure + ")") +
                       "; check the model, or set sampler.guard to off");
  return rows;
}

TrajectorySettings pilot_settings(const ScoreModel& model, const Process& process, const SamplerOptions& options) {
  TrajectorySettings s = settings_for(process, options);
  s.max_evaluations = std::max(options.max_evaluations, 1000);  // the pilot must know the errors of full runs
  s.latents = [](std::int64_t i, std::span<double> out) {
    fill_normal(out, pilot_seed, Stream::pilot, static_cast<std::uint64_t>(i));
  };
  s.profile.data_std = model.data_std() > 0 ? model.data_std() : 1;
  s.profile.method = options.method;
  if (options.order > 0) s.profile.order = options.order;
  return s;
}

/// Higher orders pay where steps are short.
int suited_order(const std::vector<Row>& reference, double range) {
  double steps = 0;
  for (const Row& row : reference) steps += row.report.accepted;
  const double mean_step = range * static_cast<double>(reference.size()) / steps;
  return mean_step < step_for_5 ? 5 : mean_step < step_for_4 ? 4 : 3;
}

/// J on the grid from probes (lam, J): linear between them, J ~ 1/sigma^2 before the first, constant after the last.
std::vector<double> growth(const std::vector<PathData::Probe>& probes, double begin, double end) {
  std::vector<double> growth(gain_nodes);
  const double spacing = (end - begin) / (gain_nodes - 1);
  for (int k = 0; k < gain_nodes; ++k) {
    const double lam = begin + k * spacing;
    const auto next = std::find_if(probes.begin(), probes.end(), [&](const auto& p) { return p.lam > lam; });
    double J;
    if (probes.empty())
      J = 1;
    else if (next == probes.begin())
      J = next->J * std::exp(2 * (lam - next->lam));
    else if (next == probes.end())
      J = probes.back().J;
    else {
      const auto& before = *(next - 1);
      J = before.J + (next->J - before.J) * (lam - before.lam) / (next->lam - before.lam);
    }
    growth[static_cast<std::size_t>(k)] = J;
  }
  return growth;
}

/// ln G(lam) = int_lam^end (J - 1), trapezoid rule.
std::vector<double> log_gain(const std::vector<double>& J, double spacing) {
  std::vector<double> gain(J.size(), 0.);
  for (std::size_t k = J.size() - 1; k > 0; --k) gain[k - 1] = gain[k] + (.5 * (J[k - 1] + J[k]) - 1) * spacing;
  return gain;
}

/// The largest J of any row within `reach` in lam: a window narrower than the probes are apart is not missed.
LamTable largest(const std::vector<std::vector<double>>& J, double begin, double end, double reach) {
  LamTable table{begin, end, std::vector<double>(gain_nodes)};
  const int near = static_cast<int>(std::ceil(reach / (end - begin) * (gain_nodes - 1)));
  for (int k = 0; k < gain_nodes; ++k)
    for (int j = std::max(0, k - near); j <= std::min(gain_nodes - 1, k + near); ++j)
      for (const auto& row : J)
        table.values[static_cast<std::size_t>(k)] =
            std::max(table.values[static_cast<std::size_t>(k)], row[static_cast<std::size_t>(j)]);
  return table;
}

/// Typical step length from lam: the 60 % quantile of the accepted steps that start nearest, over a coarse grid.
LamTable typical_steps(const std::vector<Row>& rows, double begin, double end) {
  std::vector<PathData::Step> steps;
  for (const Row& row : rows)
    for (const auto& s : row.path.steps)
      if (!s.last) steps.push_back(s);  // the last step is as long as what was left
  LamTable cap{begin, end, {}};
  const std::size_t near = std::min<std::size_t>(rows.size(), steps.size());
  if (near == 0) return cap;
  std::vector<double> typical;
  for (int k = 0; k < cap_nodes; ++k) {
    const double lam = begin + k * (end - begin) / (cap_nodes - 1);
    std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(near) - 1, steps.end(),
                     [&](const auto& a, const auto& b) { return std::abs(a.lam - lam) < std::abs(b.lam - lam); });
    std::vector<double> lengths;
    for (std::size_t i = 0; i < near; ++i) lengths.push_back(steps[i].h);
    typical.push_back(quantile(lengths, cap_quantile));
  }
  cap.values = smooth(typical, 5);
  return cap;
}

std::vector<double> logs(const std::vector<double>& values) {
  std::vector<double> out;
  for (double v : values) out.push_back(std::log(v + 1e-300));
  return out;
}

}  // namespace

GuardProfile default_profile(const ScoreModel& model, const Process& process, const SamplerOptions& options) {
  TrajectorySettings settings = pilot_settings(model, process, options);
  GuardProfile& profile = settings.profile;
  if (model.data_std() > 0) return profile;
  const auto rows = rehearse(model, settings, 0, rows_for_cap, profile.evaluations);
  double variance = 0;
  const std::size_t d = rows[0].sample.size();
  for (std::size_t i = 0; i < d; ++i) {
    std::vector<double> column;
    for (const Row& row : rows) column.push_back(row.sample[i]);
    variance += std::pow(standard_deviation(column), 2) / static_cast<double>(d);
  }
  if (!(variance > 0)) throw ModelError("all pilot samples are equal; set model.data_std");
  profile.data_std = std::sqrt(variance);
  return profile;
}

GuardProfile run_pilot(const ScoreModel& model, const Process& process, const SamplerOptions& options) {
  const double begin = process.lam_begin(), end = process.lam_end();
  GuardProfile profile = default_profile(model, process, options);
  std::int64_t& evaluations = profile.evaluations;

  // 1. Reference end points and remaining gain of each row, in one run.
  TrajectorySettings reference = pilot_settings(model, process, options);
  reference.profile = profile;
  reference.profile.first_step = .8;
  reference.profile.method = Method::multistep;
  reference.profile.order = max_multistep_order;
  reference.tolerance = reference_share * options.tolerance;
  reference.pilot_probes = 3;
  reference.pilot_window = 8 * profile.data_std;
  const auto exact = rehearse(model, reference, 0, rows_measured, evaluations);
  std::vector<std::vector<double>> gains, growths;
  for (const Row& row : exact) {
    growths.push_back(growth(row.path.probes, begin, end));
    gains.push_back(log_gain(growths.back(), (end - begin) / (gain_nodes - 1)));
  }
  profile.largest_J = largest(growths, begin, end, .2);

  // 2. Weight: a high quantile of the gain. At a tight tolerance the few most critical rows no longer dominate the error.
  profile.source = "pilot";
  profile.tolerance = options.tolerance;
  if (options.order == 0) profile.order = suited_order(exact, end - begin);
  profile.warp = warp * profile.data_std;
  profile.first_step = 1.2;
  profile.quantile = options.guard.quantile > 0                    ? options.guard.quantile
                     : options.tolerance < 1e-3 * profile.data_std ? .9
                                                                   : .97;
  std::vector<double> high(gain_nodes), column(gains.size());
  for (std::size_t k = 0; k < gain_nodes; ++k) {
    for (std::size_t i = 0; i < gains.size(); ++i) column[i] = gains[i][k];
    high[k] = quantile(column, profile.quantile);
  }
  profile.log_gain = {begin, end, smooth(high, 9)};

  // 3. Cap: the typical step at this tolerance. 4. Threshold of the score.
  TrajectorySettings rehearsal = pilot_settings(model, process, options);
  rehearsal.profile = profile;
  const std::int64_t before = evaluations;
  profile.cap = typical_steps(rehearse(model, rehearsal, 0, rows_for_cap, evaluations), begin, end);
  const double cost = static_cast<double>(evaluations - before) / rows_for_cap;
  const int affordable = static_cast<int>(static_cast<double>(budget - evaluations) / cost);
  rehearsal.profile = profile;
  auto rows = rehearse(model, rehearsal, 0, std::clamp(affordable, fewest_rehearsed, most_rehearsed), evaluations);
  std::vector<double> scores, errors;
  for (const Row& row : rows) scores.push_back(row.report.score);
  profile.threshold = weibull_quantile(scores, 1 - screen);

  // 5. Redo, where the score tells large errors from small ones.
  for (std::size_t i = 0; i < exact.size(); ++i) errors.push_back(rms_difference(rows[i].sample, exact[i].sample));
  scores.resize(exact.size());
  const auto log_errors = logs(errors);
  profile.explained = correlation(logs(scores), log_errors) * standard_deviation(log_errors);
  profile.redo =
      options.guard.redo == Switch::on || (options.guard.redo == Switch::automatic && profile.explained > worth_redo);

  // 6. Error estimate: the pilot's rows are exchangeable with the samples and their errors are known.
  std::vector<double> ratios;
  rehearsal.profile = profile;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double relative = rows[i].report.score / profile.threshold;
    if (profile.redo && relative > 1) {
      rows[i] = rehearse(model, rehearsal, static_cast<std::int64_t>(i), 1, evaluations).front();
      errors[i] = rms_difference(rows[i].sample, exact[i].sample);
    }
    const double predictor =
        std::sqrt(rows[i].path.predictor2) * std::pow(profile.redo ? std::min(relative, 1.) : relative, 3);
    ratios.push_back(errors[i] / predictor);
  }
  const double margin = std::max(1.5, 66. / rows_measured);  // few rows: their largest ratio is itself uncertain
  profile.calibration = margin * conformal_quantile(ratios, level);
  return profile;
}

}  // namespace shockstep
