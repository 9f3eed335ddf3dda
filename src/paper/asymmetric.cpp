// Two modes of unequal weight and width on a line. With v_k = s_k^2 + sigma^2 and phi = ln(p1/p2), quadratic in x, the score is
//   s = (s1 + s2)/2 + phi'/2 tanh(phi/2)
// exactly. Around the interface x*, phi(x*) = 0, with y = x - x*, slope f = phi'(x*) and curvature c = phi'' = 1/v2 - 1/v1,
//   s = b0 + b1 y + (f/2) tanh(f y/2) + (c/2) [y tanh(f y/2) + (f y^2/4) sech^2(f y/2)] + O(c^2),
// b0 + b1 y = (s1 + s2)/2: against the symmetric pair the layer is shifted, drifts, and is corrected in proportion to c.
#include "paper/analyses.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"

#include <ATen/ops/full.h>

namespace shockstep::paper {
namespace {

struct Line {
  double mu1, mu2, w1, w2, v1, v2;

  Line(const GaussianMixture& m, double sigma)
      : mu1(m.means()[0]),
        mu2(m.means()[1]),
        w1(m.weights()[0]),
        w2(m.weights()[1]),
        v1(m.variances()[0] + sigma * sigma),
        v2(m.variances()[1] + sigma * sigma) {}

  double s1(double x) const { return (mu1 - x) / v1; }
  double s2(double x) const { return (mu2 - x) / v2; }
  double background(double x) const { return (s1(x) + s2(x)) / 2; }
  double slope(double x) const { return s1(x) - s2(x); }
  double phi(double x) const {
    return std::log(w1 / w2) - std::log(v1 / v2) / 2 - (x - mu1) * (x - mu1) / (2 * v1) +
           (x - mu2) * (x - mu2) / (2 * v2);
  }
  double exact(double x) const { return background(x) + slope(x) / 2 * std::tanh(phi(x) / 2); }

  // The root of c x^2/2 + b x + d = 0 between the means.
  double interface() const {
    const double c = 1 / v2 - 1 / v1, b = mu1 / v1 - mu2 / v2, d = phi(0);
    const double q = -(b + std::copysign(std::sqrt(b * b - 2 * c * d), b)), one = 2 * d / q;
    return one > mu1 && one < mu2 ? one : q / c;
  }
  // The tanh profile about the interface, and its first correction.
  double zeroth(double x) const {
    const double at = interface(), f = slope(at);
    return background(x) + f / 2 * std::tanh(f * (x - at) / 2);
  }
  double first(double x) const {
    const double at = interface(), f = slope(at), y = x - at, c = 1 / v2 - 1 / v1;
    const double t = std::tanh(f * y / 2);
    return zeroth(x) + c / 2 * (y * t + f * y * y / 4 * (1 - t * t));
  }
};

GaussianMixture nearly_symmetric(double delta) {
  const double s2 = .04;
  return GaussianMixture({.means = rows({-1, 1}, 1),
                          .stds = rows({std::sqrt(s2 * (1 + delta)), std::sqrt(s2 * (1 - delta))}, 1).view({-1}),
                          .weights = rows({.5 * (1 + delta), .5 * (1 - delta)}, 1).view({-1})});
}

// Where both posterior weights are 1/2, by the model.
double equal_weights(const GaussianMixture& model, double low, double high, double sigma) {
  return root(
      [&](double x) {
        return model.responsibilities(at::full({1, 1}, x, at::kDouble), level(1, sigma)).select(1, 0).item<double>() -
               .5;
      },
      low, high);
}

}  // namespace

Analysis analyse_asymmetric() {
  const auto model = asymmetric_problem().model;
  Analysis out{.key = "asymmetric", .title = "Corrections for an asymmetric pair", .config = "asymmetric"};
  constexpr double sigma = .3;
  const Line line(*model, sigma);

  Table table{"asymmetric", {"x", "score", "tanh_profile", "with_correction"}, {}};
  const Values x = linspace(-2, 1.5, 351);
  Series whole{"score", x, score(*model, x, sigma)}, plain{"tanh profile", x, {}, Series::Style::dashed},
      corrected{"with the correction", x, {}, Series::Style::dashed};
  Values exact;
  for (std::size_t i = 0; i < x.size(); ++i) {
    exact.push_back(line.exact(x[i]));
    plain.y.push_back(line.zeroth(x[i])), corrected.y.push_back(line.first(x[i]));
    table.rows.push_back({x[i], whole.y[i], plain.y[i], corrected.y[i]});
  }

  // The interface, by the model, over sigma; and of modes of equal widths, where it is -(v/2a) ln(w2/w1) exactly.
  Table shift{"asymmetric_interface", {"sigma", "x", "closed_form"}, {}};
  double place_error = 0, shift_error = 0;
  const GaussianMixture equal(
      {.means = rows({-1, 1}, 1), .stds = rows({.2, .2}, 1).view({-1}), .weights = rows({.3, .7}, 1).view({-1})});
  for (const double s : linspace(.05, .6, 12)) {
    const double found = equal_weights(*model, -1.2, .6, s), expected = Line(*model, s).interface();
    const double v = .04 + s * s;
    place_error = std::max(place_error, std::abs(found - expected));
    shift_error = std::max(shift_error, std::abs(equal_weights(equal, -1, 1, s) + v / 2 * std::log(.7 / .3)));
    shift.rows.push_back({s, found, expected});
  }

  // Orders: in the asymmetry over the whole layer, and in the distance from the interface.
  Table orders{"asymmetric_orders", {"asymmetry", "error_of_tanh", "error_with_correction"}, {}};
  Values deltas, error0, error1;
  for (double delta = .2; delta > .005; delta /= 2) {
    const GaussianMixture near = nearly_symmetric(delta);
    const Line at(near, sigma);
    Values points;
    for (const double y : linspace(-3, 3, 121))
      points.push_back(at.interface() + y / std::abs(at.slope(at.interface())));
    const Values found = score(near, points, sigma);
    double e0 = 0, e1 = 0;
    for (std::size_t i = 0; i < points.size(); ++i)
      e0 = std::max(e0, std::abs(found[i] - at.zeroth(points[i]))),
      e1 = std::max(e1, std::abs(found[i] - at.first(points[i])));
    deltas.push_back(delta), error0.push_back(e0), error1.push_back(e1);
    orders.rows.push_back({delta, e0, e1});
  }
  Table distance{"asymmetric_distance", {"distance", "error_of_tanh", "error_with_correction"}, {}};
  Values away, away0, away1;
  for (const double y : logspace(3e-3, 3e-2, 11)) {
    const double at = line.interface() + y, found = score_at(*model, at, sigma);
    away.push_back(y), away0.push_back(std::abs(found - line.zeroth(at))),
        away1.push_back(std::abs(found - line.first(at)));
    distance.rows.push_back({y, away0.back(), away1.back()});
  }
  out.claims = {
      {"asymmetric.tanh", "score less (s1 + s2)/2 + phi'/2 tanh(phi/2), of the largest, 351 x", 0,
       difference(whole.y, exact), 1e-12},
      {"asymmetric.interface", "place of equal posterior weights less the root of phi, twelve sigma", 0, place_error,
       1e-12},
      {"asymmetric.shift", "the same for equal widths less -(v/2a) ln(w2/w1), twelve sigma", 0, shift_error, 1e-12},
      {"asymmetric.order", "order in the asymmetry of the error of the tanh profile", 1, order_of(deltas, error0), .1},
      {"asymmetric.order_corrected", "the same with the first correction", 2, order_of(deltas, error1), .1},
      {"asymmetric.distance", "order in the distance from the interface of the error of the tanh profile", 2,
       order_of(away, away0), .1},
      {"asymmetric.distance_corrected", "the same with the first correction", 3, order_of(away, away1), .1}};
  out.tables = {std::move(table), std::move(shift), std::move(orders), std::move(distance)};
  out.figures.push_back({.key = "asymmetric",
                         .title = "Correction terms of an asymmetric mixture",
                         .explain =
                             "Weights 0.3 and 0.7, widths 0.2 and 0.15, at σ = 0.3. The tanh profile about the shifted "
                             "interface, with the drift of its background, and with the correction in proportion to "
                             "1/v₂ - 1/v₁.",
                         .x = {"x"},
                         .y = {"score"},
                         .series = {whole, plain, corrected}});
  out.figures.push_back(
      {.key = "asymmetric-order",
       .title = "Error of the profiles against the asymmetry",
       .explain = "Widths and weights are (1 ± δ) times equal ones; the largest error over the layer falls as δ, "
                  "and with the correction as δ².",
       .x = {"asymmetry δ", true},
       .y = {"largest error of the score", true},
       .series = {{"tanh profile", deltas, error0}, {"with the correction", deltas, error1}}});
  return out;
}

}  // namespace shockstep::paper
