/// Sums whose order is fixed: the bits of a row do not depend on how it is aligned in memory.
#pragma once

#include <cstdint>

namespace shockstep {

/// sum_i term(i), over four accumulators by index.
template <class Term>
double sum_of(std::int64_t n, Term term) {
  double sum[4] = {};
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int l = 0; l < 4; ++l) sum[l] += term(i + l);
  for (; i < n; ++i) sum[0] += term(i);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// |y|^2
inline double norm2(const double* y, std::int64_t d) {
  return sum_of(d, [=](auto j) { return y[j] * y[j]; });
}

}  // namespace shockstep
