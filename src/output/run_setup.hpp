/// What a run was made with, in the form in which its files say it.
#pragma once

#include <shockstep/config.hpp>

#include <optional>
#include <string>

namespace shockstep {

struct RunSetup {
  std::string version;
  ConfigNode config;               ///< resolved
  std::string model;               ///< ScoreModel::describe()
  std::string noise;               ///< file of the starting latents; empty: drawn from the seed
  std::string init;                ///< file of the data to start from; empty: none
  std::string mask;                ///< file of which of its coordinates are known; empty: none
  ConfigNode content;              ///< hashes of all files read beside the config, by key or option
  std::optional<double> strength;  ///< of the noise on `init`, if it was given
  double start = 0;                ///< sigma that `init` is noised to
  int interpolate = 0;             ///< rows from one starting latent to the next; 0: none
  std::string device = "cpu";
  int threads = 1;     ///< in use
  int ranks = 1;       ///< processes that shared the run
  double seconds = 0;  ///< loading the model and resolving profiles
};

}  // namespace shockstep
