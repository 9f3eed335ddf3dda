#include <shockstep/error.hpp>
#include <shockstep/registry.hpp>
#include <shockstep/sampler.hpp>

#include "cli/cache.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/known_model.hpp"
#include "cli/progress_observer.hpp"
#include "cli/report.hpp"
#include "cli/setup.hpp"
#include "log/log.hpp"
#include "output/fit.hpp"
#include "output/run_writer.hpp"
#include "output/schedule_text.hpp"
#include "output/warnings.hpp"

#include <filesystem>

namespace shockstep::cli {
namespace {

// The files too.
class RunObserver final : public ProgressObserver {
 public:
  RunObserver(RunWriter& writer, Progress& progress) : ProgressObserver(progress), writer_(writer) {}

  bool wants_steps(std::int64_t trajectory) const override { return writer_.wants_steps(trajectory); }
  void step(const StepRecord& record) override { writer_.step(record); }
  void finished(const TrajectoryReport& report, std::span<const double> sample) override {
    writer_.finished(report, sample);
    ProgressObserver::finished(report, sample);
  }

 private:
  RunWriter& writer_;
};

struct Start {
  double sigma;
  std::vector<double> nodes;
};

std::string guard_text(const SamplerOptions& options, const GuardProfile& profile) {
  if (!options.guard.enabled) return "guard: off";
  return "guard: profile " + profile.source + ", " + std::to_string(profile.evaluations) + " evaluations, redo " +
         (profile.redo ? "above score " + shortest(profile.threshold) : "off");
}

std::string steps_text(const Sampler& sampler, const std::vector<double>& sigmas) {
  const bool sde = sampler.options().dynamics == Dynamics::sde;
  const std::string method = (sde ? "reverse SDE, eta " + shortest(sampler.options().eta) + ", " : std::string()) +
                             std::string(name(sampler.options().method));
  if (sigmas.empty()) return "steps: adaptive, " + method;
  return "steps: " + method + " on " + std::to_string(sigmas.size()) + " nodes, sigma " + shortest(sigmas.front()) +
         " to " + shortest(sigmas.back()) + "; sampler.tolerance and sampler.guard are for adaptive steps and not used";
}

}  // namespace

int sample(const Options& options) {
  const auto begin = Clock::now();
  watch_interrupts();
  RunConfig config(read_root(options), options.config, method_names());
  const auto [process, model] = make_inputs(config);
  config.sampler.cache = cache_file(config, config.sampler, *model);
  const auto& run = config.run;
  SampleRequest request = make_request(run, options, *model);

  const std::string folder = make_folder(options);
  log::open((std::filesystem::path(folder) / "run.log").string());
  log::info("shockstep " SHOCKSTEP_VERSION ", " + config.file + ", " + std::to_string(run.count) +
            " trajectories, seed " + std::to_string(run.seed));
  log::info("model: " + model->describe());
  log::info("process: " + process.kind() + ", sigma " + shortest(process.sigma_max()) + " to " +
            shortest(process.sigma_min()));
  if (const std::string& file = config.sampler.cache; !file.empty())
    log::info((std::filesystem::exists(file) ? "measured before, in " : "measured now, to be kept in ") + file);
  InterruptObserver before;
  const Sampler sampler = with_file(config.file, [&] { return Sampler(model, process, config.sampler, &before); });
  const GuardProfile& profile = sampler.profile();
  const auto [start, sigmas] =
      with_file(config.file, [&] { return Start{sampler.start(request), sampler.sigmas(request)}; });
  if (!options.init.empty())
    log::info("start: " + printable(options.init, 1000) + " noised to sigma " + shortest(start) +
              (options.mask.empty() ? "" : ", known where " + printable(options.mask, 1000) + " is 1"));
  log::info(steps_text(sampler, sigmas));
  if (sampler.fitted()) log::info("fitted schedule: error " + fit_text(*sampler.fitted()));
  const bool sde = config.sampler.dynamics == Dynamics::sde;
  if (sigmas.empty() && !sde) log::info(guard_text(config.sampler, profile));

  RunWriter writer(folder, config.output, {model->shape(), run.count, model->exact()},
                   {.title = printable(std::filesystem::path(config.file).stem().string()),
                    .sigma_min = process.sigma_min(),
                    .sigma_max = process.sigma_max(),
                    .tolerance = config.sampler.tolerance,
                    .known = known_model(model, process.sigma_min())});
  if (model->exact() && run.device != "cpu") log::warning("run.device: exact models run on the CPU");
  if (config.output.grid == Switch::on && !writer.has_picture())
    log::warning("output.grid: samples of this shape make no picture");
  RunFacts facts;
  facts.setup = run_setup(config, options, *model);
  facts.setup.start = start;
  facts.tolerance = config.sampler.tolerance;
  facts.max_evaluations = config.sampler.max_evaluations;
  facts.float64 = model->exact() || run.dtype == "float64";
  facts.profile = profile;
  facts.guard = config.sampler.guard.enabled && !config.sampler.steps && !sde;
  facts.sde = sde;
  facts.sigmas = sigmas;
  facts.fitted = sampler.fitted();
  facts.notes = sampler.notes();
  facts.fit = quick_fit({process, model}, run);
  if (facts.fit && !facts.fit->fits) facts.notes.push_back(fit_warning(*facts.fit));
  if (sde && config.sampler.guard.enabled)
    facts.notes.push_back(
        "sampler.guard: not used; the reverse SDE forgets its errors, and no events are sought on it");
  facts.setup.seconds = seconds_since(begin);
  RunStatistics statistics;
  {
    Progress progress(run.count, !options.quiet);
    RunObserver observer(writer, progress);
    request.observer = &observer;
    statistics = with_file(config.file, [&] { return sampler.stream(request); });
  }
  if (interrupted()) log::warning("interrupted; writing what is done");
  const auto files = writer.close(facts, statistics);
  log::info("finished: " + status_text(statistics) + "; evaluations mean " +
            shortest(statistics.mean(statistics.evaluations)) + ", max " + std::to_string(statistics.evaluations_max) +
            "; " + shortest(statistics.wall_seconds) + " s");
  for (const auto& sentence : warnings(facts, statistics)) log::warning(sentence);
  print_result(folder, files, statistics);
  return exit_code(statistics);
}

}  // namespace shockstep::cli
