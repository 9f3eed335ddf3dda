/// Checksums of the content of files.
#pragma once

#include <shockstep/config.hpp>

#include "cli/options.hpp"
#include "config/run_config.hpp"

#include <string>
#include <utility>
#include <vector>

namespace shockstep::cli {

/// The hash of every file that a key of the section was read as the path of, under that key: path.to.key. Names are relative to
/// the folder of `config`, or absolute. Throws FileError if one cannot be read.
std::vector<std::pair<std::string, std::string>> hashes_of_files(const ConfigNode& section, const std::string& config);

/// Hashes of all files that a run reads beside its config: those named by model, process and sampler, and by the
/// options.
ConfigNode content_hashes(const RunConfig& config, const Options& options);

}  // namespace shockstep::cli
