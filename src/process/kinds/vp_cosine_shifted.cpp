#include <shockstep/error.hpp>
#include <shockstep/process_kind.hpp>

#include "core/text.hpp"
#include "process/preserving.hpp"
#include "process/range.hpp"
#include "process/section.hpp"

#include <cmath>
#include <numbers>

namespace shockstep {
namespace {

/// Variance preserving, s/alpha = shift tan(first + t (last - first)): the cosine schedule, its log SNR kept within +-15 and then moved
/// by 2 ln(64/d) for images of d x d pixels, shift = d/64. Hoogeboom et al. 2023 (arXiv 2301.11093), section 2.1. Own range: t = 1 to 0.
struct VpCosineShifted {
  double shift = 1;
  double sigma_min = 0, sigma_max = 0;
};

ProcessFunctions process_functions(const VpCosineShifted& vp) {
  if (!(vp.shift > 0) || !std::isfinite(vp.shift))
    throw ConfigError("process.shift", "must be positive, got " + shortest(vp.shift));
  const double most = std::exp(7.5), first = std::atan(1 / most), turn = std::numbers::pi / 2 - 2 * first;
  const SigmaRange own{vp.shift / most, vp.shift * most};
  return in_range({.kind = "vp_cosine_shifted",
                   .time = [=, shift = vp.shift](double sigma) { return (std::atan(sigma / shift) - first) / turn; },
                   .alpha = preserving_alpha},
                  {vp.sigma_min, vp.sigma_max}, own, own);
}

}  // namespace

namespace processes {
extern const ProcessKind vp_cosine_shifted{
    "vp_cosine_shifted", "vp_cosine with its log SNR moved by -2 ln shift, d/64 for images of d x d (simple diffusion)",
    "{kind: vp_cosine_shifted, shift: 4}",
    [](Section& section) { return ranged(section, VpCosineShifted{.shift = section.number("shift", 1)}); }};
}  // namespace processes

}  // namespace shockstep
