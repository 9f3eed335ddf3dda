#include "python/records.hpp"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cmath>
#include <string>

namespace shockstep::python {
namespace {

using namespace pybind11::literals;

std::string text(std::string_view view) { return std::string(view); }

py::array_t<double> array(const std::vector<double>& values) {
  return py::array_t<double>(static_cast<py::ssize_t>(values.size()), values.data());
}

template <class Value, class Get>
py::array_t<Value> column(const std::vector<TrajectoryReport>& reports, Get get) {
  py::array_t<Value> out(static_cast<py::ssize_t>(reports.size()));
  auto* to = out.mutable_data();
  for (const TrajectoryReport& report : reports) *to++ = static_cast<Value>(get(report));
  return out;
}

py::dict to_dict(const Estimate& e) { return py::dict("value"_a = e.value, "standard_error"_a = e.standard_error); }

py::dict to_dict(const ScheduleError& e) { return py::dict("rms"_a = e.rms, "median"_a = e.median); }

}  // namespace

py::dict to_dict(const StepRecord& r) {
  return py::dict("trajectory"_a = r.trajectory, "lam"_a = r.lam, "sigma"_a = std::exp(-r.lam), "h"_a = r.h,
                  "error"_a = r.error, "tolerance"_a = r.tolerance, "rate"_a = r.rate, "accepted"_a = r.accepted,
                  "pass"_a = r.pass);
}

py::dict to_dict(const TrajectoryReport& r) {
  return py::dict("trajectory"_a = r.trajectory, "status"_a = text(name(r.status)), "evaluations"_a = r.evaluations,
                  "probes"_a = r.probes, "accepted"_a = r.accepted, "rejected"_a = r.rejected,
                  "exponent"_a = r.exponent, "error_estimate"_a = r.error_estimate, "events"_a = r.events.size(),
                  "passes"_a = r.passes, "score"_a = r.score, "noise_limited"_a = r.noise_limited);
}

py::dict to_dict(const Event& e) {
  return py::dict("trajectory"_a = e.trajectory, "event"_a = text(name(e.kind)), "sigma"_a = e.sigma,
                  "sigma_low"_a = e.sigma_low, "sigma_high"_a = e.sigma_high, "t"_a = e.time, "lam"_a = e.lam,
                  "rate"_a = e.rate, "exponent"_a = e.exponent, "step"_a = e.step,
                  "direction"_a = e.direction.empty() ? py::object(py::none()) : py::object(array(e.direction)));
}

py::dict to_dict(const RunStatistics& s) {
  py::dict counts;
  for (int i = 0; i < status_count; ++i)
    if (s.count_by_status[i] > 0) counts[py::str(text(name(static_cast<Status>(i))))] = s.count_by_status[i];
  return py::dict("counts"_a = counts, "evaluations"_a = s.evaluations, "evaluations_mean"_a = s.mean(s.evaluations),
                  "evaluations_max"_a = s.evaluations_max, "probes"_a = s.probes, "accepted"_a = s.accepted,
                  "rejected"_a = s.rejected, "repeated"_a = s.repeated, "events"_a = s.events,
                  "model_calls"_a = s.model_calls, "occupancy"_a = s.occupancy(), "wall_seconds"_a = s.wall_seconds,
                  "model_seconds"_a = s.model_seconds, "first_failure"_a = s.first_failure);
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

py::dict columns(const std::vector<TrajectoryReport>& reports) {
  py::list status;
  for (const TrajectoryReport& r : reports) status.append(text(name(r.status)));
  using Report = const TrajectoryReport&;
  return py::dict("trajectory"_a = column<std::int64_t>(reports, [](Report r) { return r.trajectory; }),
                  "status"_a = status,
                  "evaluations"_a = column<std::int64_t>(reports, [](Report r) { return r.evaluations; }),
                  "probes"_a = column<std::int64_t>(reports, [](Report r) { return r.probes; }),
                  "accepted"_a = column<std::int64_t>(reports, [](Report r) { return r.accepted; }),
                  "rejected"_a = column<std::int64_t>(reports, [](Report r) { return r.rejected; }),
                  "exponent"_a = column<double>(reports, [](Report r) { return r.exponent; }),
                  "error_estimate"_a = column<double>(reports, [](Report r) { return r.error_estimate; }),
                  "events"_a = column<std::int64_t>(reports, [](Report r) { return r.events.size(); }),
                  "passes"_a = column<std::int64_t>(reports, [](Report r) { return r.passes; }),
                  "score"_a = column<double>(reports, [](Report r) { return r.score; }),
                  "noise_limited"_a = column<std::int64_t>(reports, [](Report r) { return r.noise_limited; }));
}

py::list events(const std::vector<TrajectoryReport>& reports) {
  py::list out;
  for (const TrajectoryReport& report : reports)
    for (const Event& event : report.events) out.append(to_dict(event));
  return out;
}

}  // namespace shockstep::python
