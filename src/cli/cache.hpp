/// Where pilots and fitted schedules are kept from run to run.
#pragma once

#include <shockstep/sampler_options.hpp>
#include <shockstep/score_model.hpp>

#include "config/run_config.hpp"

#include <string>

namespace shockstep::cli {

/// Files in $SHOCKSTEP_CACHE, else $XDG_CACHE_HOME/shockstep, else ~/.cache/shockstep, named by a hash of all that a pilot or fit
/// depends on: model and process with the content of their files, sampler, threads, device, versions. What is found there is
/// what would be measured, to the last bit; what is damaged, or was copied from another name, is removed, and a warning says so. Empty for exact models, whose pilot takes less than a second, for models without
/// a file, where SHOCKSTEP_CACHE is `off`, and where there is nothing to measure. What plans follow depends on neither the sampler
/// nor the count.
void set_caches(const RunConfig& config, SamplerOptions& sampler, const ScoreModel& model);

}  // namespace shockstep::cli
