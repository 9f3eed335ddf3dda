/// What every command does with a config before it begins.
#pragma once

#include <shockstep/error.hpp>

#include "cli/options.hpp"
#include "config/run_config.hpp"
#include "core/text.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace shockstep::cli {

using Clock = std::chrono::steady_clock;
inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// The file with the settings of the command line.
ConfigNode read_root(const Options& options);
/// The names that sampler.method may have.
std::vector<std::string> method_names();
/// Throws ConfigError if this machine lacks run.device.
void check_device(const RunConfig& config);
/// Makes the folder for the files. Throws FileError.
std::string make_folder(const Options& options);
/// Threads that a run will use.
int threads_in_use(const RunSettings& run);

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
