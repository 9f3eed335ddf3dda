/// What a trajectory's gaps, corrector less predictor, beside the usual ones say of its error.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace shockstep {

/// Gaps at the last so many nodes tell most of an error that ends there; earlier ones say little (docs/solver.md).
inline constexpr std::size_t telling_gaps = 3;
/// Errors go with this power of the ratio: they vary by more than gaps can tell.
inline constexpr double gap_power = .5;
/// A trajectory of a larger ratio decided late, and is worth a second pass with twice as many evaluations.
inline constexpr double repeated_above = 4;

/// Root mean square over nodes of gap/usual; of no gaps 1. Both of the same length; where F of the data is 0 there are no usual ones.
inline double gap_ratio(std::span<const double> gaps, std::span<const double> usual) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i)
    if (usual[i] > 0) sum += std::pow(gaps[i] / usual[i], 2), ++count;
  return count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 1;
}

}  // namespace shockstep
