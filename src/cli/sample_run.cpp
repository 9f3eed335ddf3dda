#include "cli/sample_run.hpp"

#include <shockstep/registry.hpp>

#include "cli/cache.hpp"
#include "cli/interrupt.hpp"
#include "cli/known_model.hpp"
#include "cli/report.hpp"
#include "core/cached.hpp"
#include "log/log.hpp"
#include "output/solver_text.hpp"
#include "output/warnings.hpp"
#include "run/facts.hpp"

#include <filesystem>
#include <utility>

namespace shockstep::cli {
namespace {

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

SampleRun::SampleRun(const Options& options, int rank, int ranks)
    : options_(options),
      ranks_(ranks),
      config_(read_root(options), options.config, method_names()),
      part_(part_of(config_.run, options.shard)),
      inputs_(make_inputs(config_)),
      request_(make_request(config_.run, options, *inputs_.model)),
      folder_(options, rank) {
  if (rank > 0)
    log::set_terminal_level(log::Level::error);
  else
    log::open(at(log_name()));
  set_caches(config_, config_.sampler, model());
  if (rank > 0) return;
  log_start();
}

std::string SampleRun::log_name() const {
  return std::filesystem::path(journal_name(options_.shard)).stem().string() + ".log";
}

void SampleRun::prepare(const Prepared* before) {
  const std::string& cache = config_.sampler.cache;
  if (before)
    log::info("measured before, in the journal");
  else if (!cache.empty())
    log::info((kept(cache) ? "measured before, in " : "measured now, to be kept in ") + cache);
  with_file(config_.file, [&] {
    InterruptObserver observer;
    if (before)
      sampler_.emplace(inputs_.model, inputs_.process, config_.sampler, *before);
    else
      sampler_.emplace(inputs_.model, inputs_.process, config_.sampler, &observer);
    facts_ = facts();
  });
  log_steps();
}

void SampleRun::log_start() const {
  const RunSettings& run = config_.run;
  const Process& process = inputs_.process;
  log::info("shockstep " SHOCKSTEP_VERSION ", " + config_.file + ", " + std::to_string(run.count) +
            " trajectories, seed " + std::to_string(run.seed));
  log::info("model: " + model().describe());
  log::info("process: " + process.kind() + ", sigma " + shortest(process.sigma_max()) + " to " +
            shortest(process.sigma_min()));
}

void SampleRun::log_steps() const {
  if (!options_.init.empty())
    log::info("start: " + printable(options_.init, 1000) + " noised to sigma " + shortest(facts_.setup.start) +
              (options_.mask.empty() ? "" : ", known where " + printable(options_.mask, 1000) + " is 1"));
  log::info(steps_text(*sampler_, facts_.sigmas));
  if (sampler_->scales() && sampler_->scales()->whole_times)
    log::info("the network is told whole numbers only: steps end at whole times of the process");
  if (sampler_->solver()) log::info("fitted solver: " + solver_line(*sampler_->solver()));
  if (sampler_->fitted()) log::info("fitted schedule: " + fit_text(*sampler_->fitted()));
  if (facts_.sigmas.empty() && config_.sampler.dynamics == Dynamics::ode)
    log::info(guard_text(config_.sampler, sampler_->profile()));
}

std::unique_ptr<RunWriter> SampleRun::writer() const {
  const RunShape shape{
      .sample = model().shape(), .count = config_.run.count, .first = config_.run.first, .float64 = model().exact()};
  ReportContext context{.title = printable(std::filesystem::path(config_.file).stem().string()),
                        .sigma_min = inputs_.process.sigma_min(),
                        .sigma_max = inputs_.process.sigma_max(),
                        .tolerance = config_.sampler.tolerance,
                        .known = known_model(inputs_.model, inputs_.process.sigma_min()),
                        .first = config_.run.first};
  return std::make_unique<RunWriter>(folder(), config_.output, shape, std::move(context));
}

RunFacts SampleRun::facts() const {
  RunFacts facts = run_facts(inputs_.model, *sampler_, request_, config_.run);
  facts.setup = run_setup(config_, options_, model());
  facts.setup.ranks = ranks_;
  facts.setup.start = sampler_->start(request_);
  facts.setup.seconds = seconds_since(begin_);
  return facts;
}

void SampleRun::close(RunWriter& writer, const RunStatistics& statistics) const {
  if (config_.output.grid == Switch::on && !writer.has_picture())
    log::warning("output.grid: samples of this shape make no picture");
  RunFacts facts = facts_;
  facts.spread = writer.spread(), facts.reached = writer.reached();
  auto files = writer.close(facts, statistics);
  files.push_back(log_name());
  log::info("finished: " + status_text(statistics) + "; evaluations mean " +
            shortest(statistics.mean(statistics.evaluations)) + ", max " + std::to_string(statistics.evaluations_max) +
            "; " + shortest(statistics.wall_seconds) + " s");
  for (const auto& sentence : warnings(facts, statistics)) log::warning(sentence);
  print_result(folder(), files, statistics, rows_in_all(facts, statistics));
}

}  // namespace shockstep::cli
