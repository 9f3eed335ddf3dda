/// The commands; each returns the exit code of INTERFACE.md or throws an Error.
#pragma once

#include "cli/options.hpp"

namespace shockstep::cli {

int sample(const Options& options);
int info();

}  // namespace shockstep::cli
