#include <shockstep/process_kind.hpp>

#include "process/linear_beta.hpp"
#include "process/preserving.hpp"
#include "process/range.hpp"
#include "process/section.hpp"

namespace shockstep {

ProcessFunctions process_functions(const SubVp& vp) {
  const LinearBeta beta(vp.beta_min, vp.beta_max);
  const auto sigma_at = [&](double t) { return 2 * std::sinh(beta.integral(t) / 2); };
  // sigma = (1 - alpha^2)/alpha = 2 sinh(u/2) with alpha = e^(-u/2)
  return in_range({.kind = "sub_vp",
                   .time = [beta](double sigma) { return beta.time(2 * std::asinh(sigma / 2)); },
                   .alpha = [](double sigma) { return std::exp(-std::asinh(sigma / 2)); }},
                  {vp.sigma_min, vp.sigma_max}, {sigma_at(earliest_time), sigma_at(1)}, {0, sigma_at(1)});
}

namespace processes {
extern const ProcessKind sub_vp{"sub_vp", "alpha of vp_linear, noise of standard deviation 1 - alpha^2",
                                "{kind: sub_vp, beta_min: 0.1, beta_max: 20}", [](Section& section) {
                                  const SubVp own;
                                  return ranged(section, SubVp{.beta_min = section.number("beta_min", own.beta_min),
                                                               .beta_max = section.number("beta_max", own.beta_max)});
                                }};
}  // namespace processes

}  // namespace shockstep
