#include "output/scatter.hpp"

#include "output/range.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace shockstep {
namespace {

constexpr int side = 900, margin = 40, inner = side - 2 * margin;

using Colour = std::array<double, 3>;
constexpr Colour paper{250, 250, 248}, field{255, 255, 255}, frame{205, 205, 205}, axis{232, 232, 230};

// Blue, violet, red, orange, yellow with growing exponent.
Colour colour(double exponent) {
  static constexpr std::array<Colour, 5> stops{
      {{38, 104, 176}, {121, 74, 160}, {203, 60, 88}, {238, 118, 46}, {250, 188, 42}}};
  if (!(exponent > 0)) return stops[0];
  const double at = (1 - std::exp(-exponent / 1.5)) * (stops.size() - 1);  // differences near zero matter most
  const auto i = std::min(static_cast<std::size_t>(at), stops.size() - 2);
  Colour mixed;
  for (std::size_t c = 0; c < 3; ++c) mixed[c] = std::lerp(stops[i][c], stops[i + 1][c], at - static_cast<double>(i));
  return mixed;
}

// A canvas whose pixels can be blended.
class Canvas {
 public:
  Canvas() : pixels_(static_cast<std::size_t>(side) * side, paper) {
    for (int y = margin; y < side - margin; ++y)
      for (int x = margin; x < side - margin; ++x) at(x, y) = field;
  }

  void blend(int x, int y, const Colour& c, double share) {
    if (x < margin || y < margin || x >= side - margin || y >= side - margin) return;
    for (std::size_t i = 0; i < 3; ++i) at(x, y)[i] += share * (c[i] - at(x, y)[i]);
  }

  void dot(double x, double y, double radius, const Colour& c, double opacity) {
    const int reach = static_cast<int>(std::ceil(radius + 1));
    const int cx = static_cast<int>(std::lround(x)), cy = static_cast<int>(std::lround(y));
    for (int j = cy - reach; j <= cy + reach; ++j)
      for (int i = cx - reach; i <= cx + reach; ++i) {
        const double cover = std::clamp(radius + .5 - std::hypot(i - x, j - y), 0., 1.);
        if (cover > 0) blend(i, j, c, opacity * cover);
      }
  }

  void vertical(int x) {
    for (int y = margin; y < side - margin; ++y) blend(x, y, axis, 1);
  }
  void horizontal(int y) {
    for (int x = margin; x < side - margin; ++x) blend(x, y, axis, 1);
  }

  Image finish() {
    for (int i = margin; i < side - margin; ++i)
      for (Colour* edge : {&at(i, margin), &at(i, side - margin - 1), &at(margin, i), &at(side - margin - 1, i)})
        *edge = frame;
    Image image(side, side, 3, 0);
    auto out = image.pixels.begin();
    for (const Colour& pixel : pixels_)
      for (const double v : pixel) *out++ = static_cast<std::uint8_t>(std::lround(v));
    return image;
  }

 private:
  Colour& at(int x, int y) { return pixels_[static_cast<std::size_t>(y) * side + static_cast<std::size_t>(x)]; }

  std::vector<Colour> pixels_;
};

// Pixel of a value on an axis that begins at range.low.
double map(const Range& range, double v) { return margin + (v - range.low) / (range.high - range.low) * (inner - 1); }

std::vector<std::size_t> finite_points(std::span<const float> x, std::span<const float> y) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (std::isfinite(x[i]) && std::isfinite(y[i])) kept.push_back(i);
  return kept;
}

std::vector<float> pick(std::span<const float> values, const std::vector<std::size_t>& indices) {
  std::vector<float> out;
  for (auto i : indices) out.push_back(values[i]);
  return out;
}

}  // namespace

Image scatter(std::span<const float> x, std::span<const float> y, std::span<const float> exponent) {
  auto points = finite_points(x, y);
  auto [rx, ry] = square(central_range(pick(x, points)), central_range(pick(y, points)));
  std::swap(ry.low, ry.high);  // up is up

  Canvas canvas;
  if (rx.low < 0 && rx.high > 0) canvas.vertical(static_cast<int>(map(rx, 0)));
  if (ry.high < 0 && ry.low > 0) canvas.horizontal(static_cast<int>(map(ry, 0)));
  // Those that decided latest are few: they come last, on top.
  std::stable_sort(points.begin(), points.end(), [&](auto a, auto b) { return exponent[a] < exponent[b]; });
  const double n = static_cast<double>(points.size());
  const double radius = std::clamp(6.2 - 1.05 * std::log10(n + 1), 1.6, 5.);
  const double opacity = std::clamp(1.25 - .16 * std::log10(n + 1), .45, .9);
  for (auto i : points) canvas.dot(map(rx, x[i]), map(ry, y[i]), radius, colour(exponent[i]), opacity);
  return canvas.finish();
}

Image histogram(std::span<const float> x, std::span<const float> exponent) {
  const auto points = finite_points(x, x);
  const Range range = central_range(pick(x, points));
  const int bins = suited_bins(points.size());
  std::vector<double> counts(static_cast<std::size_t>(bins)), exponents(counts.size());
  for (auto i : points) {
    const double at = (x[i] - range.low) / (range.high - range.low) * bins;
    if (at < 0 || at >= bins) continue;
    counts[static_cast<std::size_t>(at)] += 1;
    exponents[static_cast<std::size_t>(at)] += exponent[i];
  }
  const double highest = std::max(1., *std::max_element(counts.begin(), counts.end()));
  Canvas canvas;
  for (int k = 1; k < 4; ++k) canvas.horizontal(margin + inner * k / 4);
  if (range.low < 0 && range.high > 0) canvas.vertical(static_cast<int>(map(range, 0)));
  for (int b = 0; b < bins; ++b) {
    const auto i = static_cast<std::size_t>(b);
    if (counts[i] <= 0) continue;
    const int left = margin + inner * b / bins + 1, right = margin + inner * (b + 1) / bins;
    const int top = side - margin - std::max(1, static_cast<int>(.94 * inner * counts[i] / highest));
    const Colour c = colour(exponents[i] / counts[i]);
    for (int y = top; y < side - margin; ++y)
      for (int px = left; px < right; ++px) canvas.blend(px, y, c, .9);
  }
  return canvas.finish();
}

}  // namespace shockstep
