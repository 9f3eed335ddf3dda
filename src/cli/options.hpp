/// The command line as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shockstep::cli {

/// A part of a run, --shard 3/16: `index` from 1 to `count`.
struct Shard {
  int index = 1, count = 1;
};

struct Options {
  std::string
      command;  ///< sample, merge, compare, schedule, encode, inspect, paper or info; empty if the answer has been printed (help, version)
  std::string config;                 ///< the file
  std::string out;                    ///< folder; empty: runs/<name of the config>
  std::string noise;                  ///< .npy of starting latents; empty: drawn from the seed
  std::string init;                   ///< .npy of data to start from; empty: none
  std::string mask;                   ///< .npy of which of its coordinates are known; empty: none
  std::optional<double> strength;     ///< of the noise on --init
  int interpolate = 0;                ///< rows from one starting latent to the next; 0: none
  std::string steps;                  ///< of a fixed schedule; empty: as the config says
  std::string data;                   ///< .npy of what to encode, or of training data
  std::string labels;                 ///< .npy of the classes of `data`; empty: none
  std::string held_out;               ///< .npy of data that were not trained on; empty: none
  std::string format;                 ///< in which schedule prints to stdout; empty: not at all
  std::int64_t budget = 0;            ///< rows that the fit of schedule may compute; 0: as the config says
  std::vector<std::string> settings;  ///< key.path=value, in the order to apply them
  bool resume = false;                ///< go on with the run in `out`
  std::optional<Shard> shard;         ///< none: all of the run
  double time_limit = 0;              ///< seconds; 0: none
  double tighten = 1;                 ///< divisor of the tolerances of paper's claims
  bool quiet = false, verbose = false;
  std::vector<std::string> unused;  ///< options that were given and that the command makes nothing of
  std::string command_line;         ///< as typed, for a shell, without --resume
};

/// Whether the command line sets this key of the config.
bool gives(const Options& options, const std::string& key);

/// Help and version go to stdout. Throws ConfigError for what it does not understand.
Options parse(int argc, const char* const* argv);

}  // namespace shockstep::cli
