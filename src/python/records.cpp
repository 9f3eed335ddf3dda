#include "python/records.hpp"

#include "records/columns.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>
#include <torch/csrc/utils/pybind.h>

#include <algorithm>
#include <string>

namespace shockstep::python {
namespace {

using namespace pybind11::literals;

std::string text(std::string_view view) { return std::string(view); }

py::array_t<double> array(const std::vector<double>& values) {
  return py::array_t<double>(static_cast<py::ssize_t>(values.size()), values.data());
}

template <class Value>
py::object value(Value value) {
  if constexpr (std::is_enum_v<Value>)
    return py::str(text(name(value)));
  else
    return py::cast(value);
}

py::dict row(const auto& columns, const auto& record) {
  py::dict out;
  for_each_column(columns, [&](const auto& column) {
    if (column.shown) out[column.name] = value(column(record));
  });
  return out;
}

/// Of one column: an array, or a list of texts.
template <class Get>
py::object all(const std::vector<TrajectoryReport>& reports, const Column<Get>& column) {
  using Value = std::remove_cvref_t<decltype(column(reports.front()))>;
  if constexpr (std::is_enum_v<Value>) {
    py::list out;
    for (const TrajectoryReport& report : reports) out.append(value(column(report)));
    return out;
  } else {
    using Number = std::conditional_t<std::is_same_v<Value, int>, std::int64_t, Value>;
    py::array_t<Number> out(static_cast<py::ssize_t>(reports.size()));
    std::ranges::transform(reports, out.mutable_data(), column);
    return out;
  }
}

py::dict to_dict(const Estimate& e) { return py::dict("value"_a = e.value, "standard_error"_a = e.standard_error); }

py::dict to_dict(const ScheduleError& e) { return py::dict("rms"_a = e.rms, "median"_a = e.median); }

}  // namespace

py::dict to_dict(const StepRecord& record) { return row(step_columns, record); }

py::dict to_dict(const TrajectoryReport& report) { return row(trajectory_columns, report); }

py::dict to_dict(const Event& event) {
  py::dict out = row(event_columns, event);
  out["direction"] = event.direction.empty() ? py::object(py::none()) : py::object(array(event.direction));
  return out;
}

py::dict to_dict(const RunStatistics& s) {
  py::dict counts;
  for (int i = 0; i < status_count; ++i)
    if (s.count_by_status[i] > 0) counts[py::str(text(name(static_cast<Status>(i))))] = s.count_by_status[i];
  py::dict out("counts"_a = counts, "first_failure"_a = s.first_failure);
  for_each_column(run_statistics, [&](const auto& statistic) { out[statistic.name] = statistic(s); });
  return out;
}

py::dict to_dict(const GuardProfile& p) {
  return py::dict("source"_a = p.source, "tolerance"_a = p.tolerance, "step_tolerance"_a = p.step_tolerance,
                  "order"_a = p.order, "data_std"_a = p.data_std, "redo"_a = p.redo, "threshold"_a = p.threshold,
                  "high_error"_a = p.high_error, "evaluations"_a = p.evaluations, "lam_begin"_a = p.log_gain.begin,
                  "lam_end"_a = p.log_gain.end, "log_gain"_a = array(p.log_gain.values));
}

py::dict to_dict(const FittedSchedule& f) {
  return py::dict("sigmas"_a = f.sigmas, "times"_a = f.times, "gained"_a = f.gained, "error"_a = to_dict(f.error),
                  "log_sigma"_a = to_dict(f.log_sigma), "karras"_a = to_dict(f.karras), "rows"_a = f.rows,
                  "held_out"_a = f.held_out, "evaluations"_a = f.evaluations);
}

py::dict to_dict(const ComparisonRow& row) {
  const SamplerOptions& options = row.method.options;
  const ErrorStatistics& e = row.error;
  const bool adaptive = row.nodes == 0;
  return py::dict("name"_a = row.method.name, "method"_a = text(name(options.method)),
                  "steps"_a = adaptive ? py::object(py::none()) : py::object(py::int_(row.nodes)),
                  "tolerance"_a = adaptive ? py::object(py::float_(options.tolerance)) : py::object(py::none()),
                  "evaluations_mean"_a = row.evaluations_mean, "evaluations_max"_a = row.evaluations_max,
                  "rms"_a = e.rms, "median"_a = e.median, "p99"_a = e.p99, "max"_a = e.max,
                  "wrong_mode"_a = e.wrong_mode, "left_out"_a = e.left_out,
                  "sliced_w2"_a = to_dict(row.distances.sliced_w2), "energy"_a = to_dict(row.distances.energy),
                  "mode_weights"_a = to_dict(row.distances.mode_weights), "wall_seconds"_a = row.wall_seconds,
                  "pilot_evaluations"_a = row.pilot_evaluations, "budget"_a = row.budget);
}

py::dict to_dict(const Result& result, const GuardProfile& profile, const std::vector<double>& sigmas,
                 const std::vector<std::string>& notes, std::int64_t prepared_rows) {
  return py::dict("samples"_a = result.samples, "columns"_a = columns(result.reports),
                  "events"_a = events(result.reports), "statistics"_a = to_dict(result.statistics),
                  "profile"_a = to_dict(profile), "sigmas"_a = sigmas, "notes"_a = notes,
                  "prepared_rows"_a = prepared_rows);
}

py::dict columns(const std::vector<TrajectoryReport>& reports) {
  py::dict out;
  for_each_column(trajectory_columns, [&](const auto& column) {
    if (column.shown) out[column.name] = all(reports, column);
  });
  return out;
}

py::list events(const std::vector<TrajectoryReport>& reports) {
  py::list out;
  for (const TrajectoryReport& report : reports)
    for (const Event& event : report.events) out.append(to_dict(event));
  return out;
}

}  // namespace shockstep::python
