#include <shockstep/process_kind.hpp>

#include "process/section.hpp"

namespace shockstep {

ProcessFunctions process_functions(const VarianceExploding& ve) {
  return {.kind = "ve",
          .sigma_min = ve.sigma_min,
          .sigma_max = ve.sigma_max,
          .time = [](double sigma) { return sigma; },
          .alpha = [](double) { return 1.; }};
}

namespace processes {
extern const ProcessKind ve{"ve", "variance exploding: x = x0 + sigma n", "{kind: ve, sigma_min: 0.002, sigma_max: 80}",
                            [](Section& section) { return ranged(section, VarianceExploding{}); }};
}  // namespace processes

}  // namespace shockstep
