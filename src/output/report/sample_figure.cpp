#include "output/report/sample_figure.hpp"

#include "output/range.hpp"
#include "output/report/base64.hpp"
#include "output/report/figure.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_points = 4000, most_bytes = 2400000;  // of an image; base64 makes a third more of it
constexpr int raster = 128, curve = 400;                         // points along an axis at which a density is drawn
constexpr int coarsest_raster = 24, coarsest_curve = 100;        // with fewer it is not
constexpr double most_terms = 8e6;                               // of a density, summed up at all points: half a second

// Points along an axis; 0: none, since the sums would take longer than the run.
int affordable(const KnownModel& known, int finest, int coarsest, int axes) {
  const double points = std::pow(most_terms / static_cast<double>(known.terms), 1. / axes);
  return points < coarsest ? 0 : static_cast<int>(std::min<double>(points, finest));
}

// How many of the first n samples have a value that is not finite.
std::int64_t missing(const SamplePicture& picture, std::size_t n) {
  std::int64_t found = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto sample = picture.values().subspan(i * picture.dimension(), picture.dimension());
    found += !std::all_of(sample.begin(), sample.end(), [](float v) { return std::isfinite(v); });
  }
  return found;
}

Json image(const SamplePicture& picture) {
  const Image pixels = shrunk(picture.image(), most_bytes);
  return {{"kind", "image"},          {"png", "data:image/png;base64," + base64(encode_png(pixels))},
          {"width", pixels.width},    {"height", pixels.height},
          {"shown", picture.count()}, {"missing", missing(picture, picture.count())}};
}

Json density_raster(const KnownModel& known, const Range& x, const Range& y, int size) {
  std::vector<double> points;
  for (int j = 0; j < size; ++j)
    for (int i = 0; i < size; ++i) {
      points.push_back(std::lerp(x.low, x.high, (i + .5) / size));
      points.push_back(std::lerp(y.high, y.low, (j + .5) / size));  // rows from the top, as in a picture
    }
  const auto density = known.density(points);
  const double highest = *std::max_element(density.begin(), density.end());
  std::string bytes;
  for (const double p : density) bytes.push_back(static_cast<char>(highest > 0 ? std::lround(255 * p / highest) : 0));
  return {{"size", size}, {"bytes", base64(bytes)}};
}

Json plane(const SamplePicture& picture, const KnownModel& known) {
  const auto values = picture.values();
  const std::size_t n = std::min(most_points, picture.count());
  std::vector<float> xs, ys;
  Json points = Json::array();
  for (std::size_t i = 0; i < n; ++i) {
    const float x = values[2 * i], y = values[2 * i + 1];
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    xs.push_back(x), ys.push_back(y);
    points.push_back({rounded(x), rounded(y), rounded(picture.exponents()[i]), i});
  }
  const auto [rx, ry] = square(central_range(xs), central_range(ys));
  Json out{{"kind", "plane"},        {"points", std::move(points)}, {"shown", n}, {"missing", missing(picture, n)},
           {"x", {rx.low, rx.high}}, {"y", {ry.low, ry.high}}};
  const int size = known.density ? affordable(known, raster, coarsest_raster, 2) : 0;
  if (size > 0) out["density"] = density_raster(known, rx, ry, size);
  return out;
}

Json line(const SamplePicture& picture, const KnownModel& known) {
  std::vector<float> values;
  for (const float v : picture.values())
    if (std::isfinite(v)) values.push_back(v);
  const Range range = central_range(values);
  const auto counts = equal_bins(values, range);
  Json edges = Json::array(), density = Json::array();
  const auto bins = static_cast<double>(counts.size());
  for (std::size_t i = 0; i <= counts.size(); ++i)
    edges.push_back(rounded(std::lerp(range.low, range.high, static_cast<double>(i) / bins)));
  Json out{{"kind", "line"},
           {"edges", std::move(edges)},
           {"counts", counts},
           {"shown", picture.count()},
           {"missing", missing(picture, picture.count())}};
  const int size = known.density ? affordable(known, curve, coarsest_curve, 1) : 0;
  if (size == 0) return out;
  std::vector<double> x;
  for (int i = 0; i <= size; ++i) x.push_back(std::lerp(range.low, range.high, static_cast<double>(i) / size));
  const auto p = known.density(x);
  for (std::size_t i = 0; i < x.size(); ++i) density.push_back({rounded(x[i]), rounded(p[i])});
  out["density"] = std::move(density);
  return out;
}

}  // namespace

Json sample_figure(const SamplePicture& picture, const KnownModel& known) {
  if (!picture.possible())
    return {{"kind", "none"}, {"why", "Samples of this shape make no picture, or output.grid is off."}};
  if (picture.is_image()) return image(picture);
  return picture.dimension() == 1 ? line(picture, known) : plane(picture, known);
}

}  // namespace shockstep
