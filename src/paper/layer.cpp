// The layer between a symmetric pair: its slope at the midpoint is a^2/v^2 - 1/v, its width v/a, and it opens at v = a^2.
#include "paper/analyses.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"

namespace shockstep::paper {

Analysis analyse_layer() {
  const auto [a, s0] = layer;
  const auto model = layer_problem().model;
  Analysis out{.key = "layer", .title = "Slope and width of the layer", .config = "layer"};
  Table table{"layer", {"sigma", "v", "slope", "slope_closed_form", "width", "width_closed_form"}, {}};
  Series slope{"slope", {}, {}}, slope_exact{"a²/v² - 1/v", {}, {}, Series::Style::dots};
  Series width{"width", {}, {}}, width_exact{"v/a", {}, {}, Series::Style::dots};
  double slope_error = 0, width_error = 0;
  const auto midpoint = [&](double sigma) { return score_gradient(*model, {0}, sigma).front(); };
  for (const double sigma : logspace(.1 * a, 3 * a, 60)) {
    const double v = s0 * s0 + sigma * sigma;
    const double found = midpoint(sigma), expected = a * a / (v * v) - 1 / v;
    // Distance at which the score without its background -x/v has reached tanh(1) of its value far away.
    const double far = 40 * v / a, end = score_at(*model, far, sigma) + far / v;
    const double reach =
        root([&](double x) { return score_at(*model, x, sigma) + x / v - end * std::tanh(1.); }, 0, far);
    slope_error = std::max(slope_error, std::abs(found - expected) / (a * a / (v * v) + 1 / v));
    width_error = std::max(width_error, std::abs(reach / (v / a) - 1));
    table.rows.push_back({sigma, v, found, expected, reach, v / a});
    slope.x.push_back(sigma), slope.y.push_back(found);
    slope_exact.x.push_back(sigma), slope_exact.y.push_back(expected);
    width.x.push_back(sigma), width.y.push_back(reach);
    width_exact.x.push_back(sigma), width_exact.y.push_back(v / a);
  }
  const double critical = root(midpoint, .1 * a, 3 * a);
  out.claims = {
      {"layer.slope", "ds/dx at the midpoint against a^2/v^2 - 1/v, of a^2/v^2 + 1/v, 60 sigma", 0, slope_error, 1e-12},
      {"layer.width", "distance where the profile reaches tanh 1, over v/a, less 1, 60 sigma", 0, width_error, 1e-12},
      {"layer.critical_variance", "v where ds/dx at the midpoint changes sign: a^2", a * a,
       s0 * s0 + critical * critical, 1e-12 * a * a}};
  out.tables.push_back(std::move(table));
  // Slopes change sign, so they are drawn times v instead of on a logarithmic axis.
  for (Series* s : {&slope, &slope_exact})
    for (std::size_t i = 0; i < s->x.size(); ++i) s->y[i] *= s0 * s0 + s->x[i] * s->x[i];
  slope.name = "v ds/dx", slope_exact.name = "a²/v - 1";
  out.figures.push_back({.key = "layer-slope",
                         .title = "Slope of the score at the midpoint",
                         .explain =
                             "Modes at -2 and 2. The slope, times v, crosses zero at the critical variance v = a²: "
                             "the midpoint repels from there on, and errors grow.",
                         .x = {"noise level σ", true},
                         .y = {"v ds/dx at the midpoint"},
                         .series = {slope, slope_exact}});
  out.figures.push_back({.key = "layer-width",
                         .title = "Width of the layer",
                         .explain =
                             "The distance from the midpoint at which the score, without its background -x/v, has "
                             "reached tanh(1) of its end: v/a, until the modes' own width stops it at s₀²/a.",
                         .x = {"noise level σ", true},
                         .y = {"width", true},
                         .series = {width, width_exact}});
  return out;
}

}  // namespace shockstep::paper
