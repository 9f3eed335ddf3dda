/// The commands; each returns its exit code (README.md) or throws an Error.
#pragma once

#include "cli/options.hpp"

namespace shockstep::cli {

int sample(const Options& options);
int merge(const Options& options);
int compare(const Options& options);
int schedule(const Options& options);
int encode(const Options& options);
int inspect(const Options& options);
int paper(const Options& options);
int info();

}  // namespace shockstep::cli
