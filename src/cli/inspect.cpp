#include <shockstep/fit_check.hpp>
#include <shockstep/inspect.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/registry.hpp>

#include "cli/arrays.hpp"
#include "cli/cache.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/known_model.hpp"
#include "cli/progress_observer.hpp"
#include "cli/run_folder.hpp"
#include "cli/setup.hpp"
#include "config/inspect_config.hpp"
#include "core/shape_text.hpp"
#include "log/log.hpp"
#include "output/file.hpp"
#include "output/fit.hpp"
#include "output/inspection.hpp"
#include "output/inspection_text.hpp"
#include "output/report/inspect_report.hpp"
#include "output/report/page.hpp"
#include "run/fit.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace shockstep::cli {
namespace {

// The arrays that the command line names; undefined where it names none.
void read_arrays(const Options& options, const ScoreModel& model, InspectRequest& request) {
  if (!options.noise.empty()) throw ConfigError("--noise", "is not for inspect, which draws its latents from run.seed");
  if (options.data.empty()) {
    if (!options.labels.empty()) throw ConfigError("--labels", "needs --data FILE.npy, whose rows it labels");
    if (!options.held_out.empty()) throw ConfigError("--held-out", "needs --data FILE.npy, the training data");
    return;
  }
  request.data = read_rows(options.data, model.shape());
  if (!options.held_out.empty()) request.held_out = read_rows(options.held_out, model.shape());
  if (!options.labels.empty())
    request.labels = read_tensor(options.labels, [&](const auto& has) {
      if (has != std::vector{request.data.size(0)})
        throw ConfigError("--labels", "must have one number for each row of --data, " +
                                          std::to_string(request.data.size(0)) + ", has the shape " + shape_text(has));
    });
}

std::vector<std::string> write_tables(const RunFolder& folder, const InspectFacts& facts) {
  std::vector<std::string> files;
  const auto write = [&](const char* name, const std::string& text) {
    write_file(folder.at(name), text);
    files.emplace_back(name);
  };
  if (facts.found.speciation) write("speciation.csv", speciation_csv(facts));
  if (facts.found.commitment) write("commitment.csv", commitment_csv(facts));
  if (facts.found.stationary && !facts.found.stationary->points.empty()) {
    write("stationary.csv", stationary_csv(*facts.found.stationary));
    write("basins.csv", basins_csv(*facts.found.stationary));
  }
  if (facts.found.training) write("training.csv", training_csv(*facts.found.training));
  return files;
}

// What the page shows of samples and their decisions. A mixture that was fitted lends its modes, not its density.
std::string page(const RunConfig& config, const InspectFacts& facts, const InspectResult& result,
                 const ModelPtr& model) {
  InspectPage page{.title = printable(std::filesystem::path(config.file).stem().string()), .shape = model->shape()};
  if (result.mixture) {
    page.fitted = !model->abilities().modes;
    page.known = known_model(page.fitted ? result.mixture : model, facts.sigma_min);
    if (page.fitted) {
      page.known.density = {};
      const auto& sizes = facts.found.clusters->sizes;  // an empty cluster is no component
      for (std::size_t k = 0; k < sizes.size(); ++k)
        if (sizes[k] > 0) page.known.clusters.push_back(static_cast<int>(k) + 1);
    }
  }
  if (result.samples.defined())
    page.samples = {result.samples.const_data_ptr<double>(), static_cast<std::size_t>(result.samples.numel())};
  return html_page(inspect_report(facts, config.output, page));
}

}  // namespace

int inspect(const Options& options) {
  const auto begin = Clock::now();
  watch_interrupts();
  const ConfigNode root = read_root(options);
  RunConfig config(root, options.config, method_names());
  ConfigNode settings;
  InspectRequest request{.options = read_inspect(root, options.config, settings),
                         .seed = config.run.seed,
                         .batch = config.run.batch,
                         .threads = config.run.threads,
                         .float32 = config.run.dtype != "float64"};
  request.options.count = std::min(request.options.count, config.run.count);
  const auto [process, model] = make_inputs(config);
  read_arrays(options, *model, request);
  const RunFolder folder(options);
  for (const char* name : {"speciation.csv", "commitment.csv", "training.csv", "stationary.csv", "basins.csv",
                           "report.html", "summary.json"})
    std::filesystem::remove(folder.at(name));  // of an earlier run
  log::open(folder.at("run.log"));
  log::info("shockstep " SHOCKSTEP_VERSION ", " + config.file + ", inspect");
  log::info("model: " + model->describe());
  InspectFacts facts{.sigma_min = process.sigma_min(),
                     .sigma_max = process.sigma_max(),
                     .dimension = model->dimension(),
                     .time = [&process = process](double sigma) { return process.time(sigma); },
                     .data = options.data,
                     .held_out = options.held_out,
                     .labels = options.labels};
  facts.setup = run_setup(config, options, *model);
  facts.setup.config.child("inspect") = settings;
  facts.setup.seconds = seconds_since(begin);

  InterruptObserver before;
  facts.fit =
      check_fit(model, process, {.seed = config.run.seed, .batch = config.run.batch, .observer = &before}).report;
  std::fputs(fit_text(facts.fit).c_str(), stdout);
  std::fflush(stdout);
  std::vector<std::string> files;
  if (!facts.fit.doubt.empty()) log::warning("in doubt: " + facts.fit.doubt);
  // A score that is a field times a factor is known to fit no diffusion: nothing to check.
  const bool product = model->abilities().product.has_value();
  facts.analysed = facts.fit.fits || product || request.options.misfits;
  if (facts.analysed && !(facts.left_out = no_analyses(*model, config.run)).empty()) {
    log::warning(facts.left_out);
    facts.analysed = false;
  }
  if (!facts.fit.fits && facts.analysed)
    log::warning("not a score: " + facts.fit.reason +
                 (product ? "; nor is kind: multiplicative meant to be, inspected as the field that it is"
                          : "; inspected all the same, inspect.misfit is go_on"));
  if (facts.analysed) {
    const auto begin_analyses = Clock::now();
    SamplerOptions sampler = inspect_sampler(config.sampler);
    set_caches(config, sampler, *model);
    InspectResult result;
    {
      Progress progress(request.options.count, !options.quiet);
      ProgressObserver observer(progress);
      request.observer = &observer;
      result = with_file(config.file, [&] { return shockstep::inspect(model, process, sampler, request); });
    }
    facts.found = std::move(result.found);
    facts.seconds = seconds_since(begin_analyses);
    if (!facts.found.complete) log::warning("interrupted; writing the sections that are done");
    std::fputs(inspection_text(facts).c_str(), stdout);
    files = write_tables(folder, facts);
    if (config.output.report) {
      write_file(folder.at("report.html"), page(config, facts, result, model));
      files.emplace_back("report.html");
    }
  }
  write_file(folder.at("summary.json"), inspect_json(facts));  // last: it says the inspection is whole
  std::printf("%s:", printable(folder.path(), 1000).c_str());
  for (const auto& file : files) std::printf(" %s", file.c_str());
  std::puts(" summary.json run.log");
  if (!facts.analysed && facts.left_out.empty()) {
    log::error(facts.fit.reason);
    return 3;
  }
  return facts.found.complete ? 0 : 130;
}

}  // namespace shockstep::cli
