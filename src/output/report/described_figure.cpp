#include "output/report/described_figure.hpp"

#include "output/report/base64.hpp"
#include "output/report/figure.hpp"

#include <algorithm>
#include <string>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

const char* name(paper::Series::Style style) {
  switch (style) {
    case paper::Series::Style::dashed: return "dashed";
    case paper::Series::Style::dots: return "dots";
    case paper::Series::Style::line: break;
  }
  return "line";
}

Json axis_json(const paper::Axis& axis) { return {{"name", axis.name}, {"log", axis.log}, {"falling", axis.falling}}; }

// The grid's points are the pixels' centres; rows from the top, as in a picture.
Json plane_json(const paper::Plane& plane) {
  const std::size_t n = plane.x.size();
  const double highest = *std::ranges::max_element(plane.density), half = (plane.x[1] - plane.x[0]) / 2;
  std::string bytes;
  for (std::size_t j = n; j-- > 0;)
    for (std::size_t i = 0; i < n; ++i)
      bytes.push_back(static_cast<char>(std::lround(255 * plane.density[j * n + i] / highest)));
  Json arrows = Json::array();
  for (const auto& a : plane.arrows) arrows.push_back({rounded(a.x), rounded(a.y), rounded(a.dx), rounded(a.dy)});
  return {{"x", {plane.x.front() - half, plane.x.back() + half}},
          {"y", {plane.y.front() - half, plane.y.back() + half}},
          {"density", {{"size", n}, {"bytes", base64(bytes)}}},
          {"arrows", std::move(arrows)}};
}

}  // namespace

Json figure_json(const paper::Figure& figure) {
  Json series = Json::array();
  for (const auto& s : figure.series) {
    Json points = Json::array();
    for (std::size_t i = 0; i < s.x.size(); ++i) points.push_back({rounded(s.x[i]), rounded(s.y[i])});
    series.push_back({{"name", s.name}, {"style", name(s.style)}, {"points", std::move(points)}});
  }
  Json out{{"key", figure.key},        {"title", figure.title},    {"explain", figure.explain},
           {"x", axis_json(figure.x)}, {"y", axis_json(figure.y)}, {"series", std::move(series)}};
  if (figure.plane) out["plane"] = plane_json(*figure.plane);
  return out;
}

}  // namespace shockstep
