/// A run that several processes share, started by mpirun or srun.
#pragma once

#include "cli/options.hpp"
#include "cli/ranks.hpp"

namespace shockstep::cli {

/// Each rank draws the chunks it gets and keeps a journal of them; at the end the first writes the files of the whole
/// run.
int sample_together(const Options& options, const Ranks& ranks);

}  // namespace shockstep::cli
