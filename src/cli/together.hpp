/// A run that several processes share, started by mpirun or srun.
#pragma once

#include "cli/options.hpp"
#include "cli/ranks.hpp"

namespace shockstep::cli {

/// Each rank draws chunks as it comes by them and keeps a journal; the first writes the files of the whole at the end.
int sample_together(const Options& options, const Ranks& ranks);

}  // namespace shockstep::cli
