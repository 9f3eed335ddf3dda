/// A run of sample from its command line to its files: what sample and merge have in common.
#pragma once

#include <shockstep/sampler.hpp>

#include "cli/run_folder.hpp"
#include "cli/run_identity.hpp"
#include "cli/setup.hpp"
#include "cli/shards.hpp"
#include "output/run_writer.hpp"

#include <memory>
#include <optional>
#include <string>

namespace shockstep::cli {

class SampleRun {
 public:
  /// Reads the config and the arrays, loads the model, makes the folder and opens the log. Throws as they do.
  /// `rank` of `ranks` processes that share the run: the first one alone has a log and warns.
  explicit SampleRun(const Options& options, int rank = 0, int ranks = 1);

  /// Makes the sampler: measures what it needs, or takes what was measured before.
  void prepare(const Prepared* before);

  const RunConfig& config() const { return config_; }
  const ScoreModel& model() const { return *inputs_.model; }
  const Sampler& sampler() const { return *sampler_; }
  /// What this process draws: the shard, or all.
  const Part& part() const { return part_; }
  const SampleRequest& request() const { return request_; }
  const std::string& folder() const { return folder_.path(); }
  std::string at(const std::string& name) const { return folder_.at(name); }  ///< in the folder
  std::string log_name() const;                                               ///< run.log; shards have one each
  Json identity() const { return run_identity(config_, options_, model()); }

  /// For the files of the whole run.
  std::unique_ptr<RunWriter> writer() const;
  /// Completes them, reports to log and stdout.
  void close(RunWriter& writer, const RunStatistics& statistics) const;

 private:
  void log_start() const;
  void log_steps() const;
  RunFacts facts() const;

  Clock::time_point begin_ = Clock::now();
  const Options& options_;
  int ranks_;
  RunConfig config_;
  Part part_;
  Inputs inputs_;
  SampleRequest request_;
  RunFolder folder_;
  std::optional<Sampler> sampler_;
  RunFacts facts_;
};

}  // namespace shockstep::cli
