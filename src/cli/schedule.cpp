#include <shockstep/calibrate.hpp>
#include <shockstep/registry.hpp>

#include "cli/cache.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress_observer.hpp"
#include "cli/run_folder.hpp"
#include "cli/setup.hpp"
#include "config/yaml.hpp"
#include "log/log.hpp"
#include "output/file.hpp"
#include "output/report/page.hpp"
#include "output/report/schedule_report.hpp"
#include "output/schedule_text.hpp"
#include "output/solver_text.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>

namespace shockstep::cli {
namespace {

std::optional<ScheduleFormat> format_of(const Options& options) {
  if (options.format.empty()) return std::nullopt;
  if (options.format == "yaml") return ScheduleFormat::yaml;
  if (options.format == "json") return ScheduleFormat::json;
  if (options.format == "python") return ScheduleFormat::python;
  throw ConfigError("--format", "must be yaml, json or python, got " + printable(options.format));
}

// Of sampler.steps only the number of steps matters here.
RunConfig fit_config(Options options) {
  if (!options.steps.empty()) options.settings.push_back("sampler.steps=" + options.steps);
  options.steps.clear();
  RunConfig config(read_root(options), options.config, method_names());
  if (config.sampler.dynamics == Dynamics::sde)
    throw ConfigError(printable(config.file, 1000), "sampler.dynamics",
                      "a schedule is fitted to the ODE, and serves the SDE too; set it to ode");
  if (!config.sampler.steps || !config.sampler.steps->sigmas.empty())
    throw ConfigError("--steps", "missing; the number of steps of the schedule, for example --steps 10");
  return config;
}

/// A schedule or a solver, and what is written of it.
struct Found {
  const char* file;
  std::string what, errors;
  std::function<std::string(ScheduleFormat)> text;
  std::function<nlohmann::ordered_json(const std::string& title, const RunSetup& setup)> page;
};

std::optional<Found> find_solver(const Inputs& inputs, const RunConfig& config, Observer& observer) {
  const auto solver = fit_solver(*inputs.model, inputs.process, config.sampler, 0, &observer);
  if (!solver.complete) return std::nullopt;
  return Found{.file = "solver.yaml",
               .what = "solver of " + std::to_string(config.sampler.steps->count) + " evaluations",
               .errors = solver_line(solver),
               .text = [solver](ScheduleFormat format) { return solver_text(solver, format); },
               .page = [solver](const std::string& title,
                                const RunSetup& setup) { return solver_report(title, setup, solver); }};
}

std::optional<Found> find(const Inputs& inputs, const RunConfig& config, Observer& observer) {
  if (fits_solver(config.sampler)) return find_solver(inputs, config, observer);
  const auto fitted = calibrate_schedule(*inputs.model, inputs.process, config.sampler, fit_evaluations, &observer);
  if (!fitted.complete) return std::nullopt;
  const ScheduleFacts facts{.version = SHOCKSTEP_VERSION,
                            .model = inputs.model->describe(),
                            .process = inputs.process.kind(),
                            .options = config.sampler};
  return Found{.file = "schedule.yaml",
               .what = "schedule of " + std::to_string(config.sampler.steps->count) + " steps",
               .errors = fit_text(fitted),
               .text = [=](ScheduleFormat format) { return schedule_text(fitted, facts, format); },
               .page =
                   [=, &inputs](const std::string& title, const RunSetup& setup) {
                     return schedule_report(title, setup, inputs.process, fitted, facts);
                   }};
}

}  // namespace

int schedule(const Options& options) {
  const auto begin = Clock::now();
  watch_interrupts();
  const auto format = format_of(options);
  RunConfig config = fit_config(options);
  const Inputs inputs = make_inputs(config);
  const auto& [process, model] = inputs;
  const RunFolder folder(options);
  for (const char* name : {"schedule.yaml", "solver.yaml", "report.html"})
    std::filesystem::remove(folder.at(name));  // of an earlier run
  log::open(folder.at("run.log"));
  set_caches(config, config.sampler, *model);
  const auto misfit = fit_warnings(fit_of(inputs, config));
  std::optional<Found> found;
  {
    Progress progress(1, !options.quiet);
    ProgressObserver observer(progress);
    found = with_file(config.file, [&] { return find(inputs, config, observer); });
  }
  if (!found) {
    log::warning("interrupted; a fit that is not finished is nothing to keep");
    return 130;
  }

  write_file(folder.at(found->file), found->text(ScheduleFormat::yaml));
  if (config.output.report) {
    RunSetup setup = run_setup(config, options, *model);
    setup.seconds = seconds_since(begin);
    const std::string title = printable(std::filesystem::path(config.file).stem().string());
    write_file(folder.at("report.html"), html_page(found->page(title, setup)));
  }
  for (const auto& sentence : misfit) log::warning(sentence);
  log::info(found->what + ": error " + found->errors);
  if (format)
    std::fputs(found->text(*format).c_str(), stdout);
  else
    std::printf("%s: %s%s run.log\nerror: %s\n", printable(folder.path(), 1000).c_str(), found->file,
                config.output.report ? " report.html" : "", found->errors.c_str());
  return 0;
}

}  // namespace shockstep::cli
