/// One trajectory, event or step as a line of trajectories.csv, events.jsonl, steps.csv. Numbers read back as the same
/// doubles; NaN is an empty field.
#pragma once

#include <shockstep/result.hpp>

#include <string>
#include <string_view>

namespace shockstep {

inline constexpr std::string_view trajectories_header =
    "trajectory,status,evaluations,probes,accepted,rejected,exponent,error_estimate,events,passes,score,noise_"
    "limited\n";
inline constexpr std::string_view steps_header = "trajectory,lam,sigma,h,error,tolerance,rate,accepted,pass\n";

void append_line(std::string& out, const TrajectoryReport& report);
void append_line(std::string& out, const StepRecord& step);
/// JSON; numbers that JSON cannot hold are null.
void append_line(std::string& out, const Event& event);

}  // namespace shockstep
