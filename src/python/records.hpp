/// What the library reports, as dictionaries and NumPy arrays under the names of trajectories.csv, steps.csv and events.jsonl.
/// All need the GIL.
#pragma once

#include <shockstep/comparison_result.hpp>
#include <shockstep/fitted_schedule.hpp>
#include <shockstep/guard.hpp>
#include <shockstep/result.hpp>
#include <shockstep/sampler.hpp>

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shockstep::python {

namespace py = pybind11;

py::dict to_dict(const StepRecord& record);
py::dict to_dict(const TrajectoryReport& report);
py::dict to_dict(const Event& event);
py::dict to_dict(const RunStatistics& statistics);
py::dict to_dict(const GuardProfile& profile);
py::dict to_dict(const FittedSchedule& schedule);
py::dict to_dict(const ComparisonRow& row);

/// What a Result of Python is made of.
py::dict to_dict(const Result& result, const GuardProfile& profile, const std::vector<double>& sigmas,
                 const std::vector<std::string>& notes, std::int64_t prepared_rows);

/// One array for each column of trajectories.csv.
py::dict columns(const std::vector<TrajectoryReport>& reports);
/// Of all trajectories, in order.
py::list events(const std::vector<TrajectoryReport>& reports);

}  // namespace shockstep::python
