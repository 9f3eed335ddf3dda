/// What part of an axis a picture shows.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace shockstep {

struct Range {
  double low = -1, high = 1;
};

/// Nearly all of the values and a little air; a few far outliers must not squeeze the rest. All values are finite.
Range central_range(std::vector<float> values);

/// Both ranges about their middles with the length of the longer: the same scale along both axes.
std::pair<Range, Range> square(const Range& x, const Range& y);

/// Number of bins of equal width that suits so many values.
int suited_bins(std::size_t values);

/// How many values lie in each of the suited_bins() bins; values outside the range are not counted.
std::vector<std::int64_t> equal_bins(std::span<const float> values, const Range& range);

}  // namespace shockstep
