/// Settings of shockstep::inspect (inspect.hpp), no tensors.
#pragma once

#include <cstdint>

namespace shockstep {

/// How much is analysed (docs/inspect.md). A number that is too small is a ConfigError of inspect(). The defaults
/// take some 30 000 to 60 000 evaluations.
struct InspectOptions {
  std::int64_t count = 1024;        ///< trajectories whose events are measured; the command takes run.count at most
  std::int64_t trajectories = 256;  ///< followed on a grid for the commitment, at most count
  std::int64_t clusters = 0;        ///< k of k-means; 0: chosen
  std::int64_t levels = 8;          ///< of noise, for health and product form
  std::int64_t health_rows = 8;     ///< states a level; 0: no health
  std::int64_t spectrum_rows = 3;   ///< trajectories; 0: no spectrum
  std::int64_t interfaces = 3;      ///< profiles; 0: none
  bool misfits = false;             ///< of the command, not of inspect(): analyse also what fails the fit check
};

}  // namespace shockstep
