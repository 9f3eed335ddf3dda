/// What is reported of a trajectory, a step, an event and a run: a row for each number, and the only list of them. The
/// tables, the journal, summary.json, the Python module and `shockstep info` go through these rows.
#pragma once

#include <shockstep/result.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <tuple>
#include <type_traits>

namespace shockstep {

/// Of a Record, as the tables and Python have it. A member is kept in the journal too; a function of the record is not.
template <class Get>
struct Column {
  const char* name;     ///< in files and in Python
  Get get;              ///< a member, or a function of the record
  const char* meaning;  ///< one line
  bool shown = true;    ///< false: the journal alone has it

  decltype(auto) operator()(auto& record) const { return std::invoke(get, record); }
};
template <class Get>
Column(const char*, Get, const char*, bool = true) -> Column<Get>;

/// use(column) for each.
constexpr void for_each_column(const auto& columns, auto use) {
  std::apply([&](const auto&... column) { (use(column), ...); }, columns);
}

/// The same for those that are members.
constexpr void for_each_member(const auto& columns, auto use) {
  for_each_column(columns, [&]<class Get>(const Column<Get>& column) {
    if constexpr (std::is_member_object_pointer_v<Get>) use(column);
  });
}

/// The columns of trajectories.csv. What goes into the statistics alone is not shown.
inline constexpr std::tuple trajectory_columns{
    Column{"trajectory", &TrajectoryReport::trajectory, "its number"},
    Column{"status", &TrajectoryReport::status,
           "ok, budget (max_evaluations forced steps beyond the tolerance), non_finite, failed or interrupted"},
    Column{"evaluations", &TrajectoryReport::evaluations, "model evaluations, rejected steps and probes included"},
    Column{"probes", &TrajectoryReport::probes, "those of them that measured J, for events"},
    Column{"accepted", &TrajectoryReport::accepted, "accepted steps"},
    Column{"rejected", &TrajectoryReport::rejected, "rejected steps"},
    Column{"exponent", &TrajectoryReport::exponent, "sum of the exponents of its decisions"},
    Column{"error_estimate", &TrajectoryReport::error_estimate,
           "upper estimate of the root mean square error over coordinates, data units; empty or NaN where unknown"},
    Column{"events", [](const TrajectoryReport& r) { return static_cast<std::int64_t>(r.events.size()); },
           "its lines of events.jsonl"},
    Column{"passes", &TrajectoryReport::passes, "1, or more if the guard repeated it"},
    Column{"score", &TrajectoryReport::score, "how violently the path decided (docs/guard.md)"},
    Column{"noise_limited", &TrajectoryReport::noise_limited,
           "accepted steps beyond the tolerance because of noise in the model's output"},
    Column{"noise", &TrajectoryReport::noise, "largest root mean square of that noise, in D, data units", false},
    Column{"noise_excess", &TrajectoryReport::noise_excess, "largest error of those steps over its tolerance", false},
    Column{"blown_up", &TrajectoryReport::blown_up,
           "1: D moved by more than 1000 standard deviations of the data, and the sample is none"},
    Column{"drift", &TrajectoryReport::drift, "mean of |D - x|^2/(d sigma^2); of a denoiser 1 or less on average",
           false},
    Column{"asymmetry2", &TrajectoryReport::asymmetry2, "mean square asymmetry of dD/dx where it was measured", false},
};

/// The columns of steps.csv.
inline constexpr std::tuple step_columns{
    Column{"trajectory", &StepRecord::trajectory, "whose step it is"},
    Column{"lam", &StepRecord::lam, "where it started, -ln sigma"},
    Column{"sigma", [](const StepRecord& s) { return std::exp(-s.lam); }, "the same, data units"},
    Column{"h", &StepRecord::h, "its length in lam"},
    Column{"error", &StepRecord::error, "root mean square over coordinates that is judged, data units"},
    Column{"tolerance", &StepRecord::tolerance, "largest error allowed, data units"},
    Column{"rate", &StepRecord::rate, "last measured J - 1; empty or NaN where not measured"},
    Column{"accepted", &StepRecord::accepted, "0: tried again with another length"},
    Column{"pass", &StepRecord::pass, "1, or more in a pass that the guard repeats"},
};

/// The keys of events.jsonl, before `direction`.
inline constexpr std::tuple event_columns{
    Column{"trajectory", &Event::trajectory, "whose it is"},
    Column{"event", &Event::kind, "enter, speciation or exit"},
    Column{"sigma", &Event::sigma, "where it happened, data units"},
    Column{"sigma_low", &Event::sigma_low, "at or above this"},
    Column{"sigma_high", &Event::sigma_high, "and at or below this"},
    Column{"t", &Event::time, "native time of the process"},
    Column{"lam", &Event::lam, "-ln sigma"},
    Column{"rate", &Event::rate, "J - 1, measured by probes; at enter and exit that of the level, 0, of a network .1"},
    Column{"exponent", &Event::exponent, "integral of J - 1 dlam from enter to exit"},
    Column{"step", &Event::step, "accepted steps up to it"},
};

/// A number of a run.
template <class Get>
struct Statistic {
  const char* name;     ///< in Python
  const char* path;     ///< in summary.json; empty: not there
  Get get;              ///< a member, or a function of the statistics
  const char* meaning;  ///< one line
  /// What a trajectory adds to the member; null: it is no sum.
  std::int64_t (*adds)(const TrajectoryReport&) = nullptr;

  decltype(auto) operator()(auto& statistics) const { return std::invoke(get, statistics); }
};
template <class Get>
Statistic(const char*, const char*, Get, const char*, std::int64_t (*)(const TrajectoryReport&) = nullptr)
    -> Statistic<Get>;

/// It reached sigma_min.
inline bool arrived(const TrajectoryReport& r) { return r.status == Status::ok || r.status == Status::budget; }

template <auto member>
std::int64_t its(const TrajectoryReport& r) {
  return r.*member;
}

inline constexpr std::tuple run_statistics{
    Statistic{"evaluations", "/evaluations/total", &RunStatistics::evaluations, "model evaluations",
              its<&TrajectoryReport::evaluations>},
    Statistic{"evaluations_mean", "/evaluations/mean", [](const RunStatistics& s) { return s.mean(s.evaluations); },
              "of a trajectory"},
    Statistic{"evaluations_max", "/evaluations/max", &RunStatistics::evaluations_max, "of one trajectory"},
    Statistic{"probes", "", &RunStatistics::probes, "evaluations that measured J", its<&TrajectoryReport::probes>},
    Statistic{"probes_mean", "/evaluations/probes_mean", [](const RunStatistics& s) { return s.mean(s.probes); },
              "of a trajectory"},
    Statistic{"accepted", "/steps/accepted", &RunStatistics::accepted, "accepted steps",
              its<&TrajectoryReport::accepted>},
    Statistic{"rejected", "/steps/rejected", &RunStatistics::rejected, "rejected steps",
              its<&TrajectoryReport::rejected>},
    Statistic{"repeated", "/repeated", &RunStatistics::repeated, "trajectories of more than one pass",
              [](const TrajectoryReport& r) -> std::int64_t { return r.passes > 1; }},
    Statistic{"events", "/events", &RunStatistics::events, "enter, speciation and exit count one each",
              [](const TrajectoryReport& r) { return static_cast<std::int64_t>(r.events.size()); }},
    Statistic{"noise_limited", "/noise/trajectories", &RunStatistics::noise_limited,
              "trajectories with steps beyond the tolerance because of noise in the model's output",
              [](const TrajectoryReport& r) -> std::int64_t { return r.noise_limited > 0; }},
    Statistic{"noise", "/noise/level", &RunStatistics::noise, "their mean noise, data units"},
    Statistic{"drift", "/drift/mean", &RunStatistics::drift, "of the trajectories that arrived and did not blow up"},
    Statistic{"drift_bound", "/drift/bound", &RunStatistics::drift_bound, "largest drift that a denoiser has"},
    Statistic{"blown_up", "/drift/blown_up", &RunStatistics::blown_up, "trajectories that arrived and had blown up",
              [](const TrajectoryReport& r) -> std::int64_t { return arrived(r) && r.blown_up; }},
    Statistic{"asymmetry", "/asymmetry", &RunStatistics::asymmetry, "of dD/dx, root mean square over trajectories"},
    Statistic{"wall_seconds", "/wall_seconds", &RunStatistics::wall_seconds, "of the run"},
    Statistic{"model_seconds", "/model_seconds", &RunStatistics::model_seconds, "in model calls, over all workers"},
    Statistic{"overhead_fraction", "/overhead_fraction",
              [](const RunStatistics& s) {
                return s.worker_seconds > 0 ? std::clamp(1 - s.model_seconds / s.worker_seconds, 0., 1.) : 0.;
              },
              "share of the workers' time outside model calls"},
    Statistic{"model_calls", "/model_calls", &RunStatistics::model_calls, "each of up to a batch of rows"},
    Statistic{"occupancy", "/occupancy", &RunStatistics::occupancy,
              "mean share of a model call that trajectories filled"},
};

}  // namespace shockstep
