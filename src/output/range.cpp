#include "output/range.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {

Range central_range(std::vector<float> values) {
  if (values.empty()) return {-1, 1};
  const auto ranked = [&](double rank) {
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(values.begin(), at, values.end());
    return static_cast<double>(*at);
  };
  const double last = static_cast<double>(values.size() - 1);
  const double low = ranked(std::floor(.001 * last)), high = ranked(std::ceil(.999 * last));
  const double air = .08 * (high - low) + (high > low ? 0 : 1);
  return {low - air, high + air};
}

std::pair<Range, Range> square(const Range& x, const Range& y) {
  const double half = std::max(x.high - x.low, y.high - y.low) / 2;
  const double mx = (x.low + x.high) / 2, my = (y.low + y.high) / 2;
  return {{mx - half, mx + half}, {my - half, my + half}};
}

int suited_bins(std::size_t values) {
  return std::clamp(static_cast<int>(5 * std::cbrt(static_cast<double>(values))), 12, 120);
}

std::vector<std::int64_t> equal_bins(std::span<const float> values, const Range& range) {
  const int bins = suited_bins(values.size());
  std::vector<std::int64_t> counts(static_cast<std::size_t>(bins));
  for (const float v : values) {
    const double at = (v - range.low) / (range.high - range.low) * bins;
    if (at >= 0 && at < bins) ++counts[static_cast<std::size_t>(at)];
  }
  return counts;
}

}  // namespace shockstep
