/// What stands in files, as short texts that differ where it does.
#pragma once

#include <shockstep/config.hpp>

#include "cli/options.hpp"
#include "config/run_config.hpp"

#include <string>
#include <utility>
#include <vector>

namespace shockstep::cli {

std::string hash(const std::string& bytes);

/// Those of all files that any text in the section names, with its key: path.to.key. Names are relative to the folder of
/// `config`, or absolute. Throws FileError if one cannot be read.
std::vector<std::pair<std::string, std::string>> hashes_of_files(const ConfigNode& section, const std::string& config);

/// All that a run reads beside its config, as a map: those files of model, process and sampler, and of the options.
ConfigNode content_hashes(const RunConfig& config, const Options& options);

}  // namespace shockstep::cli
