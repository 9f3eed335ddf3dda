/// What is known of a run beside its trajectories, and the sentences that warn of what went wrong: the same for the program's
/// log and summary.json as for Python's warnings.
#pragma once

#include <shockstep/comparison.hpp>
#include <shockstep/encoder.hpp>
#include <shockstep/sampler.hpp>

#include "config/settings.hpp"
#include "output/summary.hpp"

#include <string>
#include <vector>

namespace shockstep {

/// All but `setup` and `spread`, which are the caller's. `rows`: as of fit_of, which this runs for networks.
RunFacts run_facts(const ModelPtr& model, const Sampler& sampler, const SampleRequest& request, const RunSettings& run);

/// One sentence each, as warnings() of output/warnings.hpp has them of a run.
std::vector<std::string> encode_warnings(const EncodeResult& result, const ScoreModel& model, Likelihood asked);
std::vector<std::string> compare_warnings(const Comparison& comparison, const ComparisonResult& result);

/// Name, method, and nodes or tolerance.
std::string label(const ComparisonRow& row);

}  // namespace shockstep
