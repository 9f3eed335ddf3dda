/// Energy distance between samples.
#pragma once

#include <shockstep/comparison_result.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace shockstep {

inline constexpr std::int64_t most_energy_rows = 4096;  ///< of either side: the number of pairs is their product

/// 2 E|x - y| - E|x - x'| - E|y - y'| between the first rows of x [n, d] and y [m, d], float64, means over different rows only.
/// Standard error: a jackknife's over blocks of rows of both. NaN for fewer than two rows on either side.
Estimate energy_distance(const at::Tensor& x, const at::Tensor& y);

}  // namespace shockstep
