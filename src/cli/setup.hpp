/// What every command does with a config before it begins.
#pragma once

#include <shockstep/error.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler.hpp>
#include <shockstep/score_model.hpp>

#include "cli/options.hpp"
#include "config/run_config.hpp"
#include "core/text.hpp"
#include "output/run_setup.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace shockstep::cli {

using Clock = std::chrono::steady_clock;
inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// The file with the settings of the command line.
ConfigNode read_root(const Options& options);
/// What is sampled. Throws ConfigError naming the file, also if this machine lacks run.device.
struct Inputs {
  Process process;
  ModelPtr model;
};
Inputs make_inputs(RunConfig& config);
/// The trajectories that a config, --noise and the options of sample's starts ask for. Throws ConfigError and FileError.
SampleRequest make_request(const RunSettings& run, const Options& options, const ScoreModel& model);
/// In use.
int threads_of(const RunSettings& run, const ScoreModel& model);
/// For the files; seconds is for the caller to set.
RunSetup run_setup(const RunConfig& config, const Options& options, const ScoreModel& model);

/// make(), whose errors get the file's name: the library knows the key that is wrong, not the file it came from.
template <class Make>
auto with_file(const std::string& file, Make make) {
  try {
    return make();
  } catch (const ConfigError& e) {
    const std::string where = printable(file, 1000);
    if (std::string(e.what()).starts_with(where)) throw;
    throw ConfigError(where, "", e.what());
  }
}

}  // namespace shockstep::cli
