/// One trajectory, event or step as a line of trajectories.csv, events.jsonl, steps.csv, with the columns of
/// records/columns.hpp. Numbers read back as the same doubles; NaN is an empty field.
#pragma once

#include <shockstep/result.hpp>

#include <string>

namespace shockstep {

/// First line of trajectories.csv.
std::string trajectories_header();
/// First line of steps.csv.
std::string steps_header();

void append_line(std::string& out, const TrajectoryReport& report);
void append_line(std::string& out, const StepRecord& step);
/// JSON; numbers that JSON cannot hold are null.
void append_line(std::string& out, const Event& event);

}  // namespace shockstep
