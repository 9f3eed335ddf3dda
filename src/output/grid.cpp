#include "output/grid.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr int gap = 2, comfortable = 64;  // pixels; tiles are enlarged to about `comfortable`
constexpr std::uint8_t background = 236;

std::uint8_t shade(float value, const ValueRange& range) {
  if (!std::isfinite(value)) return background;
  return static_cast<std::uint8_t>(
      std::lround(255 * std::clamp((value - range.low) / (range.high - range.low), 0., 1.)));
}

}  // namespace

std::optional<Picture> as_picture(std::span<const std::int64_t> shape) {
  if (shape.size() != 2 && shape.size() != 3) return {};
  const auto channels = shape.size() == 3 ? shape[0] : 1, height = shape[shape.size() - 2], width = shape.back();
  const auto fits = [](std::int64_t n) { return n >= 4 && n <= 4096; };
  if ((channels != 1 && channels != 3) || !fits(height) || !fits(width)) return {};
  return Picture{static_cast<int>(channels), static_cast<int>(height), static_cast<int>(width)};
}

ValueRange value_range(std::span<const float> values) {
  std::vector<float> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite), [](float v) { return std::isfinite(v); });
  if (finite.empty()) return {};
  const auto quantile = [&](double q) {
    const auto at = finite.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(finite.size() - 1));
    std::nth_element(finite.begin(), at, finite.end());
    return static_cast<double>(*at);
  };
  const ValueRange robust{quantile(.005), quantile(.995)};
  constexpr double slack = .1;  // samples lie a little beyond the range of the data
  if (robust.high <= 1 + slack && robust.low >= -slack && robust.high > .5) return {0, 1};
  if (robust.high <= 1 + slack && robust.low >= -1 - slack && robust.high - robust.low > .5) return {-1, 1};
  return robust.high > robust.low ? robust : ValueRange{robust.low - 1, robust.high + 1};
}

Image grid(const Picture& picture, std::span<const float> values, int columns) {
  const int H = picture.height, W = picture.width, C = picture.channels;
  const auto tile = static_cast<std::size_t>(C) * static_cast<std::size_t>(H) * static_cast<std::size_t>(W);
  const int count = static_cast<int>(values.size() / tile), rows = (count + columns - 1) / columns;
  const int zoom = std::max(1, comfortable / std::max(H, W));
  const ValueRange range = value_range(values);
  Image image(columns * (W * zoom + gap) + gap, rows * (H * zoom + gap) + gap, C, background);
  for (int i = 0; i < count; ++i) {
    const float* sample = values.data() + static_cast<std::size_t>(i) * tile;
    const int left = gap + i % columns * (W * zoom + gap), top = gap + i / columns * (H * zoom + gap);
    for (int y = 0; y < H * zoom; ++y)
      for (int x = 0; x < W * zoom; ++x)
        for (int c = 0; c < C; ++c)
          image.at(left + x, top + y)[c] = shade(sample[(c * H + y / zoom) * W + x / zoom], range);
  }
  return image;
}

Image shrunk(const Image& image, std::size_t most_bytes) {
  if (image.pixels.size() <= most_bytes) return image;
  const auto factor = static_cast<int>(
      std::ceil(std::sqrt(static_cast<double>(image.pixels.size()) / static_cast<double>(most_bytes))));
  Image out(std::max(1, image.width / factor), std::max(1, image.height / factor), image.channels, 0);
  const auto row = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x)
      for (int c = 0; c < image.channels; ++c) {
        int sum = 0, n = 0;
        for (int j = y * factor; j < std::min((y + 1) * factor, image.height); ++j)
          for (int i = x * factor; i < std::min((x + 1) * factor, image.width); ++i, ++n)
            sum += image.pixels[static_cast<std::size_t>(j) * row + static_cast<std::size_t>(i * image.channels + c)];
        out.at(x, y)[c] = static_cast<std::uint8_t>((sum + n / 2) / n);
      }
  return out;
}

}  // namespace shockstep
