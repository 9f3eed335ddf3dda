/// A fitted schedule as text: for a config, for other programs, for a log.
#pragma once

#include <shockstep/fitted_schedule.hpp>
#include <shockstep/sampler_options.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace shockstep {

/// What the schedule was fitted for.
struct ScheduleFacts {
  std::string version;
  std::string model;  ///< ScoreModel::describe()
  std::string process;
  SamplerOptions options;  ///< with the number of steps
};

enum class ScheduleFormat { yaml, json, python, torch };
/// Throws ConfigError for `option` where there is none of that name.
ScheduleFormat format_named(const std::string& name, const std::string& option);

/// yaml: what sampler.steps.file reads. python: the list that k-diffusion and ComfyUI take as a tensor, with a last 0 where
/// the result is denoised, and how to use it; torch: that tensor. json: everything, for programs.
std::string schedule_text(const FittedSchedule& schedule, const ScheduleFacts& facts, ScheduleFormat format);

/// "rms 0.01, median 0.002 on 12 held-out trajectories; log_sigma ..., karras ...": one line.
std::string fit_text(const FittedSchedule& schedule);

/// What is worth keeping beside the sigmas.
nlohmann::ordered_json fitted_json(const FittedSchedule& schedule);

}  // namespace shockstep
