/// What a run's statistics say is wrong, one sentence each: the symptom and, where there is one, the remedy.
#pragma once

#include "output/summary.hpp"

#include <string>
#include <vector>

namespace shockstep {

std::vector<std::string> warnings(const RunFacts& facts, const RunStatistics& statistics);

}  // namespace shockstep
