/// All that the samples of a run depend on, to tell whether two runs are the same.
#pragma once

#include <shockstep/sampler.hpp>
#include <shockstep/score_model.hpp>

#include "cli/options.hpp"
#include "config/run_config.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace shockstep::cli {

using Json = nlohmann::ordered_json;

/// Program, resolved settings, the content of files. For networks also Torch, device, number type, batch and threads, which
/// change the last bits; of exact models they change none. Call it once the model is made.
Json run_identity(const RunConfig& config, const Options& options, const ScoreModel& model);

/// The identity of the run that a summary.json describes, in the form of `now`. Throws Json::exception if the file is of
/// another command.
Json finished_identity(const Json& summary, const Json& now);

/// "run.seed was 3, is 4": the first difference; empty if there is none.
std::string difference(const Json& was, const Json& is);

/// The first record of a journal: identity of the run, the part that is this process's, and what was measured before.
struct JournalHeader {
  Json identity;
  std::string part;  ///< "3/16" of a shard; empty: all
  Prepared prepared;
};
std::string to_text(const JournalHeader& header);
/// Throws FileError (with `path`) if the text is none.
JournalHeader journal_header(const std::string& text, const std::string& path);

}  // namespace shockstep::cli
