/// Image samples side by side.
#pragma once

#include "output/png.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace shockstep {

/// How a sample's numbers lie in a picture.
struct Picture {
  int channels = 1, height = 0, width = 0;  ///< values are [channels, height, width]
};

/// [H, W], [1, H, W] or [3, H, W] with sides of 4 to 4096 are pictures.
std::optional<Picture> as_picture(std::span<const std::int64_t> shape);

/// What is black and what is white.
struct ValueRange {
  double low = -1, high = 1;
};

/// [-1, 1] or [0, 1] if nearly all values lie there, else their 0.5 % and 99.5 % quantiles. NaN is left out.
ValueRange value_range(std::span<const float> values);

/// Rows of `columns` pictures with a gap between them, small ones enlarged by a whole factor. NaN shows the background.
Image grid(const Picture& picture, std::span<const float> values, int columns);

/// The same picture in at most so many bytes: if it has more, each pixel becomes the mean of a square of pixels.
Image shrunk(const Image& image, std::size_t most_bytes);

}  // namespace shockstep
