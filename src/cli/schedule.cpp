#include <shockstep/calibrate.hpp>
#include <shockstep/fitted_solver_file.hpp>
#include <shockstep/registry.hpp>

#include "cli/cache.hpp"
#include "cli/commands.hpp"
#include "cli/counts.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress_observer.hpp"
#include "cli/run_folder.hpp"
#include "cli/setup.hpp"
#include "config/yaml.hpp"
#include "core/cached.hpp"
#include "engine/usual_methods.hpp"
#include "log/log.hpp"
#include "output/file.hpp"
#include "output/report/page.hpp"
#include "output/report/schedule_report.hpp"
#include "output/report/solver_report.hpp"
#include "output/schedule_text.hpp"
#include "output/solver_text.hpp"
#include "run/fit.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace shockstep::cli {
namespace {

std::optional<ScheduleFormat> format_of(const Options& options) {
  if (options.format.empty()) return std::nullopt;
  return format_named(options.format, "--format");
}

bool several(const std::string& steps) { return steps.find_first_of(",-") != steps.npos; }

// Of sampler.steps only the number of steps matters here, of several the largest.
RunConfig fit_config(Options options) {
  std::string count = options.steps;
  if (several(count)) count = std::to_string(parse_counts(count).back());
  if (!count.empty()) options.settings.push_back("sampler.steps=" + count);
  options.steps.clear();
  RunConfig config(read_root(options), options.config, method_names());
  if (config.sampler.dynamics == Dynamics::sde)
    throw ConfigError(printable(config.file, 1000), "sampler.dynamics",
                      "a schedule is fitted to the ODE, and serves the SDE too; set it to ode");
  if (!config.sampler.steps || config.sampler.steps->solver || !config.sampler.steps->sigmas.empty())
    throw ConfigError("--steps", "missing; the number of steps of the schedule, for example --steps 10");
  if (options.budget > 0) config.sampler.steps->budget = options.budget;
  return config;
}

std::string lines(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += text + "\n";
  return out;
}

/// A schedule or solvers, and what is written of them.
struct Found {
  const char* file;
  std::string what;
  std::vector<std::string> errors;  // a line for each
  std::function<std::string(ScheduleFormat)> text;
  std::function<nlohmann::ordered_json(const std::string& title, const RunSetup& setup)> page;
};

/// Several are fitted together; one may be kept from before, and is kept with what is measured beside it.
std::vector<FittedSolver> solvers_of(const Inputs& inputs, const SamplerOptions& options,
                                     const std::vector<int>& counts, Observer& observer) {
  std::vector<FittedSolver> solvers;
  if (counts.size() > 1)
    solvers = fit_solvers(*inputs.model, inputs.process, options, counts, options.steps->budget, &observer);
  else
    solvers = {fit_solver(*inputs.model, inputs.process, options, options.steps->budget, &observer)};
  if (solvers.empty() || !solvers.front().complete) return {};
  try {
    for (FittedSolver& solver : solvers) {
      if (solver.pilot.exact.empty()) continue;  // it was kept
      solver.usual = usual_methods(*inputs.model, inputs.process, solver, &observer);
      if (counts.size() == 1 && !options.cache.empty()) keep(options.cache, to_json(solver));
    }
  } catch (const Cancelled&) {
    return {};
  }
  return solvers;
}

std::optional<Found> find_solvers(const Inputs& inputs, const RunConfig& config, const std::vector<int>& counts,
                                  Observer& observer) {
  const auto solvers = solvers_of(inputs, config.sampler, counts, observer);
  if (solvers.empty()) return std::nullopt;
  std::vector<std::string> numbers, errors;
  for (const FittedSolver& solver : solvers) {
    numbers.push_back(std::to_string(solver.sigmas.size()));
    const auto of_solver = solver_lines(solver);
    errors.insert(errors.end(), of_solver.begin(), of_solver.end());
  }
  if (solvers.size() > 1) errors.push_back("all fits together: " + std::to_string(fit_rows(solvers)) + " evaluations");
  return Found{.file = "solver.yaml",
               .what = (solvers.size() > 1 ? "solvers of " : "solver of ") + join(numbers) + " evaluations",
               .errors = std::move(errors),
               .text = [solvers](ScheduleFormat format) { return solver_text(solvers, format); },
               .page =
                   [solvers, &inputs](const std::string& title, const RunSetup& setup) {
                     return solver_report(title, setup, solvers, inputs.model->shape());
                   }};
}

std::optional<Found> find(const Inputs& inputs, const RunConfig& config, const std::vector<int>& counts,
                          Observer& observer) {
  if (fits_solver(config.sampler)) return find_solvers(inputs, config, counts, observer);
  if (counts.size() > 1)
    throw ConfigError("--steps",
                      "several numbers are for solvers, which no method goes with; give one, or leave out "
                      "--method and sampler.order");
  const auto fitted =
      calibrate_schedule(*inputs.model, inputs.process, config.sampler, fit_budget(*config.sampler.steps), &observer);
  if (!fitted.complete) return std::nullopt;
  const ScheduleFacts facts{.version = SHOCKSTEP_VERSION,
                            .model = inputs.model->describe(),
                            .process = inputs.process.kind(),
                            .options = config.sampler};
  return Found{.file = "schedule.yaml",
               .what = "schedule of " + std::to_string(config.sampler.steps->count) + " steps",
               .errors = {fit_text(fitted)},
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
  const std::vector<int> counts =
      several(options.steps) ? parse_counts(options.steps) : std::vector{config.sampler.steps->count};
  const Inputs inputs = make_inputs(config);
  const auto& [process, model] = inputs;
  const RunFolder folder(options);
  for (const char* name : {"schedule.yaml", "solver.yaml", "report.html"})
    std::filesystem::remove(folder.at(name));  // of an earlier run
  log::open(folder.at("run.log"));
  set_caches(config, config.sampler, *model);
  const auto misfit = model_warnings(model, process, config.sampler.scales_cache, config.run);
  std::optional<Found> found;
  {
    Progress progress(1, !options.quiet);
    ProgressObserver observer(progress);
    found = with_file(config.file, [&] { return find(inputs, config, counts, observer); });
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
  log::info("found: " + found->what);
  for (const auto& line : found->errors) log::info(line);
  if (format)
    std::fputs(found->text(*format).c_str(), stdout);
  else
    std::printf("%s: %s%s run.log\n%s", printable(folder.path(), 1000).c_str(), found->file,
                config.output.report ? " report.html" : "", lines(found->errors).c_str());
  return 0;
}

}  // namespace shockstep::cli
