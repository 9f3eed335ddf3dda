#include <shockstep/fit_check.hpp>

#include "cli/commands.hpp"
#include "cli/setup.hpp"
#include "log/log.hpp"
#include "output/file.hpp"
#include "output/fit.hpp"
#include "output/inspection.hpp"

#include <cstdio>
#include <filesystem>

namespace shockstep::cli {

int inspect(const Options& options) {
  const auto begin = Clock::now();
  RunConfig config(read_root(options), options.config, method_names());
  const auto [process, model] = make_inputs(config);
  const std::string folder = make_folder(options);
  const auto at = [&](const char* name) { return (std::filesystem::path(folder) / name).string(); };
  log::open(at("run.log"));
  log::info("shockstep " SHOCKSTEP_VERSION ", " + config.file + ", inspect");
  log::info("model: " + model->describe());
  InspectFacts facts;
  facts.setup = run_setup(config, options, *model);
  facts.setup.seconds = seconds_since(begin);

  facts.fit = check_fit(model, process, {.seed = config.run.seed, .batch = config.run.batch}).report;
  std::fputs(fit_text(facts.fit).c_str(), stdout);

  write_file(at("summary.json"), inspect_json(facts));
  std::printf("%s: summary.json run.log\n", folder.c_str());
  if (facts.fit.fits) return 0;
  log::error(facts.fit.reason);
  return 3;
}

}  // namespace shockstep::cli
