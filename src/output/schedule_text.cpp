#include "output/schedule_text.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"
#include "output/json.hpp"
#include "stepper/method_spec.hpp"

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

Json error_json(const ScheduleError& error) { return {{"rms", error.rms}, {"median", error.median}}; }

std::string error_text(const ScheduleError& error) {
  return "root mean square error " + three_digits(error.rms) + ", median " + three_digits(error.median);
}

std::string list(const std::vector<double>& values) {
  std::vector<std::string> words;
  for (double value : values) words.push_back(shortest(value));
  return "[" + join(words) + "]";
}

Json facts_json(const ScheduleFacts& facts) {
  const SamplerOptions& options = facts.options;
  Json out;
  out["model"] = facts.model;
  out["process"] = facts.process;
  out["method"] = name(options.method);
  out["count"] = options.steps->count;
  out["final"] = options.final == Final::denoise ? "denoise" : "keep";
  if (orders(options.method).most > 0) out["order"] = options.order > 0 ? options.order : orders(options.method).usual;
  return out;
}

std::string title(const ScheduleFacts& facts) {
  const SamplerOptions& options = facts.options;
  return "# " + std::to_string(options.steps->count) + " steps of " + std::string(name(options.method)) +
         " fitted by shockstep " + facts.version + " to " + facts.model + "\n";
}

std::string yaml(const FittedSchedule& schedule, const ScheduleFacts& facts) {
  std::string out = title(facts) + "# sampler: {steps: {file: schedule.yaml}} samples with it.\n";
  out += "sigmas: " + list(schedule.sigmas) + "\n";
  out += "times: " + list(schedule.times) + "  # of the process\n";
  const Json facts_of_fit = fitted_json(schedule);
  // Values that JSON writes on one line are YAML too.
  out += "fitted_to: " + facts_json(facts).dump() + "\n";
  for (const char* key : {"gained", "error", "log_sigma", "karras", "rows", "held_out", "checked", "evaluations"})
    out += std::string(key) + ": " + facts_of_fit.at(key).dump() + "\n";
  return out;
}

std::string python_lines(const FittedSchedule& schedule, const ScheduleFacts& facts, bool torch) {
  std::vector<double> sigmas = schedule.sigmas;
  const bool denoised = facts.options.final == Final::denoise;
  if (denoised) sigmas.push_back(0);
  const std::string tensor = torch ? "sigmas" : "torch.tensor(sigmas)";
  const std::string agrees = spec_of(facts.options.method).agrees, package = "k-diffusion ";
  std::string out = title(facts) + "# Errors: " + fit_text(schedule) + "\n";
  out += "# k-diffusion: " + (agrees.starts_with(package) ? agrees.substr(package.size()) : "sample_dpmpp_2m") +
         "(model, x, " + tensor + "); ComfyUI: " + tensor + " is its SIGMAS\n";
  out += std::string("# diffusers: scheduler.set_timesteps(sigmas=sigmas") + (denoised ? "[:-1]" : "") +
         "), where the scheduler takes sigmas\n";
  return out +
         (torch ? "import torch\n\nsigmas = torch.tensor(" + list(sigmas) + ")\n" : "sigmas = " + list(sigmas) + "\n");
}

}  // namespace

ScheduleFormat format_named(const std::string& name, const std::string& option) {
  if (name == "yaml") return ScheduleFormat::yaml;
  if (name == "json") return ScheduleFormat::json;
  if (name == "python") return ScheduleFormat::python;
  if (name == "torch") return ScheduleFormat::torch;
  throw ConfigError(option, "must be yaml, json, python or torch, got " + printable(name));
}

Json fitted_json(const FittedSchedule& schedule) {
  Json out;
  out["gained"] = schedule.gained;
  out["error"] = error_json(schedule.error);
  out["log_sigma"] = error_json(schedule.log_sigma);
  out["karras"] = error_json(schedule.karras);
  out["rows"] = schedule.rows;
  out["held_out"] = schedule.held_out;
  out["checked"] = schedule.checked;
  out["evaluations"] = schedule.evaluations;
  return out;
}

std::string fit_text(const FittedSchedule& schedule) {
  return error_text(schedule.error) +
         (schedule.gained ? "" : "; no fit was better, so this is the better of the two that follow") +
         "; log_sigma: " + error_text(schedule.log_sigma) + "; karras: " + error_text(schedule.karras) +
         "; measured on " + std::to_string(schedule.held_out) +
         " trajectories that the fit did not see; the fit took " + std::to_string(schedule.evaluations) +
         " evaluations";
}

std::string schedule_text(const FittedSchedule& schedule, const ScheduleFacts& facts, ScheduleFormat format) {
  switch (format) {
    case ScheduleFormat::yaml: return yaml(schedule, facts);
    case ScheduleFormat::python: return python_lines(schedule, facts, false);
    case ScheduleFormat::torch: return python_lines(schedule, facts, true);
    case ScheduleFormat::json: break;
  }
  Json out;
  out["sigmas"] = schedule.sigmas;
  out["times"] = schedule.times;
  out["fitted_to"] = facts_json(facts);
  out.update(fitted_json(schedule));
  return dump(out);
}

}  // namespace shockstep
