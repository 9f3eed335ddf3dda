#include <shockstep/calibrate.hpp>
#include <shockstep/registry.hpp>

#include "cli/cache.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress_observer.hpp"
#include "cli/setup.hpp"
#include "config/yaml.hpp"
#include "log/log.hpp"
#include "output/file.hpp"
#include "output/report/page.hpp"
#include "output/report/schedule_report.hpp"
#include "output/schedule_text.hpp"

#include <cstdio>
#include <filesystem>
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

}  // namespace

int schedule(const Options& options) {
  const auto begin = Clock::now();
  watch_interrupts();
  const auto format = format_of(options);
  RunConfig config = fit_config(options);
  const Inputs inputs = make_inputs(config);
  const auto& [process, model] = inputs;
  set_caches(config, config.sampler, *model);
  const std::string folder = make_folder(options);
  const auto at = [&](const char* name) { return (std::filesystem::path(folder) / name).string(); };
  log::open(at("run.log"));
  const auto misfit = fit_warnings(fit_of(inputs, config));
  FittedSchedule fitted;
  {
    Progress progress(1, !options.quiet);
    ProgressObserver observer(progress);
    fitted = with_file(config.file,
                       [&] { return calibrate_schedule(*model, process, config.sampler, fit_evaluations, &observer); });
  }
  if (!fitted.complete) {
    log::warning("interrupted; a fit that is not finished is nothing to keep");
    return 130;
  }

  const ScheduleFacts facts{
      .version = SHOCKSTEP_VERSION, .model = model->describe(), .process = process.kind(), .options = config.sampler};
  write_file(at("schedule.yaml"), schedule_text(fitted, facts, ScheduleFormat::yaml));
  if (config.output.report) {
    RunSetup setup = run_setup(config, options, *model);
    setup.seconds = seconds_since(begin);
    const std::string title = printable(std::filesystem::path(config.file).stem().string());
    write_file(at("report.html"), html_page(schedule_report(title, setup, process, fitted, facts)));
  } else {
    std::filesystem::remove(at("report.html"));  // of an earlier run
  }
  for (const auto& sentence : misfit) log::warning(sentence);
  log::info("schedule of " + std::to_string(config.sampler.steps->count) + " steps: error " + fit_text(fitted));
  if (format)
    std::fputs(schedule_text(fitted, facts, *format).c_str(), stdout);
  else
    std::printf("%s: schedule.yaml%s run.log\nerror: %s\n", folder.c_str(), config.output.report ? " report.html" : "",
                fit_text(fitted).c_str());
  return 0;
}

}  // namespace shockstep::cli
