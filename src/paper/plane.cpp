// Two modes of unequal weight and width in the plane. With variances v_k = s_k^2 + sigma^2 and
//   phi = ln(p1/p2) = ln(w1/w2) - ln(v1/v2) - |x - mu1|^2/2v1 + |x - mu2|^2/2v2
// the interface phi = 0 is a circle, and across it n.(grad s)n = -(1/v1 + 1/v2)/2 + |grad phi|^2/4: the normal criterion.
#include "paper/analyses.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"
#include "paper/text.hpp"

#include <array>
#include <numbers>

namespace shockstep::paper {
namespace {

using Point = std::array<double, 2>;

struct Two {
  Point mu1, mu2;
  double w1, w2, s1, s2;  // s: variances

  double v1(double sigma) const { return s1 + sigma * sigma; }
  double v2(double sigma) const { return s2 + sigma * sigma; }
  Point gradient(const Point& x, double sigma) const {
    Point g;
    for (std::size_t j = 0; j < 2; ++j) g[j] = (mu1[j] - x[j]) / v1(sigma) - (mu2[j] - x[j]) / v2(sigma);
    return g;
  }
  double criterion(const Point& x, double sigma) const {
    const auto [gx, gy] = gradient(x, sigma);
    return -.5 * (1 / v1(sigma) + 1 / v2(sigma)) + .25 * (gx * gx + gy * gy);
  }
  // phi = A |x - centre|^2 - A radius^2.
  struct Circle {
    Point centre;
    double radius;
  };
  Circle interface(double sigma) const {
    const double u1 = 1 / v1(sigma), u2 = 1 / v2(sigma), A = .5 * (u2 - u1);
    Circle circle{};
    double constant = std::log(w1 / w2) + std::log(u1 / u2);
    for (std::size_t j = 0; j < 2; ++j) {
      circle.centre[j] = -(mu1[j] * u1 - mu2[j] * u2) / (2 * A);
      constant += .5 * (mu2[j] * mu2[j] * u2 - mu1[j] * mu1[j] * u1);
    }
    circle.radius = std::sqrt(circle.centre[0] * circle.centre[0] + circle.centre[1] * circle.centre[1] - constant / A);
    return circle;
  }
};

Two two(const GaussianMixture& model) {
  const auto &m = model.means(), w = model.weights(), s = model.variances();
  return {{m[0], m[1]}, {m[2], m[3]}, w[0], w[1], s[0], s[2]};
}

double weight_of_first(const GaussianMixture& model, const Point& x, double sigma) {
  return model.responsibilities(rows({x[0], x[1]}, 2), level(1, sigma)).select(1, 0).item<double>();
}

// n.(grad s)n of the model, n along grad phi.
double normal_slope(const GaussianMixture& model, const Point& x, const Point& along, double sigma) {
  const Values g = score_gradient(model, {x[0], x[1]}, sigma);
  const double n2 = along[0] * along[0] + along[1] * along[1];
  return (along[0] * (g[0] * along[0] + g[1] * along[1]) + along[1] * (g[2] * along[0] + g[3] * along[1])) / n2;
}

}  // namespace

Analysis analyse_plane() {
  const auto model = plane_problem().model;
  const Two modes = two(*model);
  Analysis out{.key = "plane", .title = "Score geometry in the plane", .config = "plane"};
  constexpr double sigma = .35;
  const auto circle = modes.interface(sigma);

  // The interface by the model: along rays from the circle's centre, where both posterior weights are 1/2.
  Table interface{"interface", {"x1", "x2", "normal_slope", "criterion"}, {}};
  Series drawn{"interface", {}, {}}, attracting{"attracts", {}, {}, Series::Style::dots},
      repelling{"repels: errors grow", {}, {}, Series::Style::dots};
  double radius_error = 0, criterion_error = 0, scale = 0;
  for (int i = 0; i <= 360; ++i) {
    const double angle = 2 * std::numbers::pi * i / 360;
    const auto at = [&](double r) {
      return Point{circle.centre[0] + r * std::cos(angle), circle.centre[1] + r * std::sin(angle)};
    };
    const double r = root([&](double q) { return weight_of_first(*model, at(q), sigma) - .5; }, 0, 3 * circle.radius);
    const Point x = at(r);
    const double found = normal_slope(*model, x, modes.gradient(x, sigma), sigma), expected = modes.criterion(x, sigma);
    radius_error = std::max(radius_error, std::abs(r / circle.radius - 1));
    criterion_error = std::max(criterion_error, std::abs(found - expected));
    scale = std::max(scale, std::abs(expected));
    interface.rows.push_back({x[0], x[1], found, expected});
    if (std::abs(x[0]) > 2 || std::abs(x[1]) > 2) continue;
    drawn.x.push_back(x[0]), drawn.y.push_back(x[1]);
    Series& kind = found > 0 ? repelling : attracting;
    if (i % 4 == 0) kind.x.push_back(x[0]), kind.y.push_back(x[1]);
  }

  // Where on the line through the means the interface begins to repel, as sigma falls.
  const Point from = modes.mu1, to = modes.mu2;
  const auto between = [&](double share) {
    return Point{from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])};
  };
  const auto met = [&](double s) {
    return between(root([&](double q) { return weight_of_first(*model, between(q), s) - .5; }, 0, 1));
  };
  const auto exact_meeting = [&](double s) {
    const auto c = modes.interface(s);
    return between(root(
        [&](double q) {
          const Point x = between(q);
          return std::hypot(x[0] - c.centre[0], x[1] - c.centre[1]) - c.radius;
        },
        0, 1));
  };
  const double found_sigma = root(
      [&](double s) {
        const Point x = met(s);
        return normal_slope(*model, x, modes.gradient(x, s), s);
      },
      .2, 1);
  const double expected_sigma = root([&](double s) { return modes.criterion(exact_meeting(s), s); }, .2, 1);

  // Score, density and curl on a grid.
  const Values side = linspace(-2, 2, 41);
  Values grid;
  for (const double y : side)
    for (const double x : side) grid.insert(grid.end(), {x, y});
  const Values s = score(*model, grid, sigma);
  const Values p =
      values(model->log_density(rows(grid, 2), level(static_cast<std::int64_t>(grid.size() / 2), sigma)).exp());
  Table table{"plane", {"x1", "x2", "score1", "score2", "density", "curl"}, {}};
  Plane plane{side, side, p, {}};
  // Differences err by (h/l)^6 272/140 in a layer of width l, here above .15: 2e-8 of the slope at most.
  double curl = 0, slope = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double x = grid[2 * i], y = grid[2 * i + 1], h = .02 * sigma;
    const double d1s2 = derivative([&](double q) { return score(*model, {q, y}, sigma)[1]; }, x, h),
                 d2s1 = derivative([&](double q) { return score(*model, {x, q}, sigma)[0]; }, y, h);
    curl = std::max(curl, std::abs(d1s2 - d2s1)), slope = std::max(slope, std::abs(d1s2));
    table.rows.push_back({x, y, s[2 * i], s[2 * i + 1], p[i], d1s2 - d2s1});
    if (i % 41 % 2 == 0 && i / 41 % 2 == 0) plane.arrows.push_back({x, y, .012 * s[2 * i], .012 * s[2 * i + 1]});
  }
  out.claims = {{"plane.interface",
                 "distance from the centre at which the posterior weights are equal, over the circle's radius, less 1",
                 0, radius_error, 1e-12},
                {"plane.normal", "n.(grad s)n on the interface less -(1/v1 + 1/v2)/2 + |grad phi|^2/4, of its largest",
                 0, criterion_error / scale, 1e-12},
                {"plane.normal_sigma", "sigma where n.(grad s)n changes sign between the means", expected_sigma,
                 found_sigma, 1e-12},
                {"plane.curl", "ds2/dx1 - ds1/dx2 by sixth-order differences of the denoiser, of the largest", 0,
                 curl / slope, 2e-8}};
  out.tables = {std::move(table), std::move(interface)};
  Figure figure{
      .key = "plane",
      .title = "The score in the plane and the interface of two modes",
      .explain = "Arrows: the score at σ = 0.35; its curl, by differences of the denoiser, is " + text(curl / slope) +
                 " of its slope at most. Between modes of unequal widths the interface is a circle. Where the normal "
                 "criterion is positive it repels and errors grow.",
      .x = {"x₁"},
      .y = {"x₂"},
      .series = {drawn},
      .plane = std::move(plane)};
  for (Series* kind : {&attracting, &repelling})
    if (!kind->x.empty()) figure.series.push_back(std::move(*kind));
  out.figures.push_back(std::move(figure));
  return out;
}

}  // namespace shockstep::paper
