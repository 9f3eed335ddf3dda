/// Standard errors of statistics other than means.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace shockstep {

/// Blocks of rows left out in turn: two at least, and two rows in each.
inline int jackknife_blocks(std::int64_t rows) {
  constexpr std::int64_t most = 16;
  return static_cast<int>(rows / 2 < most ? rows / 2 : most);
}

/// The block of row i of n: neighbours, of as equal size as can be.
inline int jackknife_block(std::int64_t i, std::int64_t n, int blocks) { return static_cast<int>(i * blocks / n); }

/// Delete-a-group jackknife: sqrt((B - 1)/B sum_b (t_b - mean t)^2), t_b the statistic without block b (Efron & Tibshirani
/// 1993, ch. 11). NaN for fewer than two blocks.
inline double jackknife_error(const std::vector<double>& without) {
  const auto blocks = static_cast<double>(without.size());
  if (blocks < 2) return std::numeric_limits<double>::quiet_NaN();
  double mean = 0, square = 0;
  for (const double t : without) mean += t / blocks;
  for (const double t : without) square += (t - mean) * (t - mean);
  return std::sqrt((blocks - 1) / blocks * square);
}

}  // namespace shockstep
