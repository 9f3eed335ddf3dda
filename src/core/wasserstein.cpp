#include "core/wasserstein.hpp"

#include <cstddef>

namespace shockstep {

double wasserstein2_squared(std::span<const double> a, std::span<const double> b) {
  // Both quantile functions are constant between neighbours of all i/n and j/m; in units of 1/(n m) these are whole.
  const std::size_t n = a.size(), m = b.size();
  double sum = 0;
  for (std::size_t i = 0, j = 0, at = 0; i < n;) {
    const std::size_t end_a = (i + 1) * m, end_b = (j + 1) * n, end = end_a < end_b ? end_a : end_b;
    sum += static_cast<double>(end - at) * (a[i] - b[j]) * (a[i] - b[j]);
    at = end;
    i += end == end_a, j += end == end_b;
  }
  return sum / (static_cast<double>(n) * static_cast<double>(m));
}

}  // namespace shockstep
