/// summary.json of inspect: one section for each thing inspected.
#pragma once

#include <shockstep/fit_report.hpp>

#include "output/run_setup.hpp"

#include <string>

namespace shockstep {

struct InspectFacts {
  RunSetup setup;
  FitReport fit;
};

std::string inspect_json(const InspectFacts& facts);

}  // namespace shockstep
