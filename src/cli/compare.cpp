#include <shockstep/comparison.hpp>
#include <shockstep/registry.hpp>

#include "cli/arrays.hpp"
#include "cli/cache.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress_observer.hpp"
#include "cli/run_folder.hpp"
#include "cli/setup.hpp"
#include "config/compare_config.hpp"
#include "engine/compared_data.hpp"
#include "log/log.hpp"
#include "output/comparison.hpp"
#include "output/file.hpp"
#include "output/report/comparison_report.hpp"
#include "output/report/page.hpp"
#include "run/facts.hpp"
#include "run/fit.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

namespace shockstep::cli {
namespace {

std::vector<std::string> write_files(const RunFolder& folder, const RunConfig& config, const ComparisonFacts& facts,
                                     const ComparisonResult& result) {
  std::vector<std::string> files{"compare.csv"};
  write_file(folder.at("compare.csv"), comparison_csv(result));
  const std::string json = comparison_json(facts, result);
  if (config.output.report) {
    const std::string title = printable(std::filesystem::path(config.file).stem().string());
    write_file(folder.at("report.html"), html_page(comparison_report(title, json, result.rows)));
    files.push_back("report.html");
  }
  write_file(folder.at("compare.json"), json);  // last: it says the comparison is whole
  files.push_back("compare.json");
  return files;
}

int exit_code(const ComparisonResult& result) {
  if (!result.complete) return 130;
  for (const auto& row : result.rows)
    if (row.error.left_out > 0) return 4;
  return 0;
}

}  // namespace

int compare(const Options& options) {
  const auto begin = Clock::now();
  watch_interrupts();
  const ConfigNode root = read_root(options);
  RunConfig config(root, options.config, method_names());
  CompareConfig compared(root, options.config, method_names());
  const Inputs inputs = make_inputs(config);
  const auto& [process, model] = inputs;
  set_caches(config, config.sampler, *model);
  for (ComparedMethod& method : compared.methods) set_caches(config, method.options, *model);
  const auto& run = config.run;
  SampleRequest request = make_request(run, options, *model);

  DistanceRequest distances{.wanted = compared.distances};
  if (distances.wanted && !compared.data.empty())
    distances.data = with_file(config.file, [&] {  // refused before it is read
      return read_tensor(compared.data, [&](const auto& has) { check_data_shape(has, model->shape()); });
    });

  ComparisonResult result;
  ComparisonFacts facts;
  std::optional<RunFolder> folder;
  {
    Progress progress(static_cast<std::int64_t>(compared.methods.size()), !options.quiet);  // of methods
    ProgressObserver observer(progress);
    request.observer = &observer;
    const Comparison comparison = with_file(config.file, [&] {
      return Comparison(model, process, compared.methods, request, compared.reference, distances);
    });
    folder.emplace(options);
    for (const char* name : {"compare.csv", "compare.json", "report.html"})
      std::filesystem::remove(folder->at(name));  // of an earlier run
    log::open(folder->at("run.log"));
    log::info("shockstep " SHOCKSTEP_VERSION ", " + config.file + ", " + std::to_string(run.count) +
              " trajectories, seed " + std::to_string(run.seed) + ", " + std::to_string(compared.methods.size()) +
              " methods");
    log::info("model: " + model->describe());
    facts.setup = run_setup(config, options, *model);
    facts.setup.seconds = seconds_since(begin);
    facts.warnings = model_warnings(model, process, config.sampler.scales_cache, config.run);
    result = with_file(config.file, [&] {
      return comparison.run([&](const ComparisonRow& row) {
        progress.finished(static_cast<int>(std::lround(row.evaluations_mean)));
        log::info(label(row) + ": evaluations mean " + shortest(row.evaluations_mean) + ", rms " +
                  shortest(row.error.rms) + ", " + shortest(row.wall_seconds) + " s");
      });
    });
    for (auto& sentence : compare_warnings(comparison, result)) facts.warnings.push_back(std::move(sentence));
  }
  compared.reference = result.reference;
  compared.add_to(facts.setup.config);
  facts.trajectories = run.count;
  if (!result.complete) log::warning("interrupted; writing the methods that are done");
  const auto files = write_files(*folder, config, facts, result);
  for (const auto& sentence : facts.warnings) log::warning(sentence);
  std::fputs(comparison_text(result).c_str(), stdout);
  std::printf("%s:", printable(folder->path(), 1000).c_str());
  for (const auto& file : files) std::printf(" %s", file.c_str());
  std::puts(" run.log");
  return exit_code(result);
}

}  // namespace shockstep::cli
