/// What a run writes: the section `output` of a config.
#pragma once

#include <shockstep/guard.hpp>

#include <cstdint>

namespace shockstep {

struct OutputSettings {
  bool samples = true;                  ///< samples.npy
  Switch grid = Switch::automatic;      ///< samples.png, for images and for samples of one or two coordinates
  int grid_rows = 0, grid_columns = 0;  ///< 0: chosen by the count
  std::int64_t steps = 64;              ///< trajectories whose every step goes to steps.csv
  bool report = true;                   ///< report.html
  bool events = true;                   ///< events.jsonl
  bool journal = true;                  ///< run.journal while the run is under way, from which it can go on
};

}  // namespace shockstep
