/// Distance of two distributions on a line.
#pragma once

#include <span>

namespace shockstep {

/// Square of the Wasserstein-2 distance between the empirical distributions of two ascending lists, of any lengths but 0:
/// the mean square difference of their quantile functions, which are steps.
double wasserstein2_squared(std::span<const double> a, std::span<const double> b);

}  // namespace shockstep
