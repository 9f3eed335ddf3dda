/// What inspect prints: a line or two for each section.
#pragma once

#include "output/inspection.hpp"

#include <string>

namespace shockstep {

std::string inspection_text(const InspectFacts& facts);

}  // namespace shockstep
