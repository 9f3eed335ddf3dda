#include "process/range.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace shockstep {

ProcessFunctions in_range(ProcessFunctions functions, SigmaRange given, SigmaRange own, SigmaRange reach) {
  constexpr double rounding = 1e-6;  // relative: ends written with seven digits are the ends
  for (const auto& [key, value] : {std::pair{"process.sigma_min", given.low}, {"process.sigma_max", given.high}})
    if (!(value >= 0) || !std::isfinite(value)) throw ConfigError(key, "must be positive, got " + shortest(value));
  const double low = given.low > 0 ? given.low : own.low, high = given.high > 0 ? given.high : own.high;
  const std::string range = functions.kind + " reaches from " + shortest(reach.low) + " to " + shortest(reach.high);
  if (low < reach.low * (1 - rounding))
    throw ConfigError("process.sigma_min",
                      "must be at least " + shortest(reach.low) + ", got " + shortest(low) + "; " + range);
  if (high > reach.high * (1 + rounding))
    throw ConfigError("process.sigma_max",
                      "must be at most " + shortest(reach.high) + ", got " + shortest(high) + "; " + range);
  functions.sigma_min = std::max(low, reach.low), functions.sigma_max = std::min(high, reach.high);
  return functions;
}

}  // namespace shockstep
