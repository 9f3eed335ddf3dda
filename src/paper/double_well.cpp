// The quartic double well p(y) ~ exp(-beta (y^2 - a^2)^2), split into its halves p+ (y > 0) and p- (y < 0). By symmetry the
// interface is x = 0; there phi = f x + O(x^3) with f = 2 s+(0), so that (f/2) tanh(f x/2) is the layer up to O(x^3).
#include "paper/analyses.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"
#include "paper/text.hpp"

#include <boost/math/quadrature/gauss.hpp>

namespace shockstep::paper {
namespace {

// Moments of one half's posterior given x: int_0^inf y^k p(y) N(x; y, sigma^2) dy, by Gauss' rule of 30 nodes on 200 panels up to
// where p is below e^-800; the other half's are those at -x, mirrored.
struct Half {
  double log_mass, mean, square;

  Half(double x, double sigma) {
    double mass = 0, first = 0, second = 0;
    // The integrand's largest value is divided out.
    const auto exponent = [&](double y) {
      const double well = y * y - well_a * well_a, pull = (y - x) / sigma;
      return -well_beta * well * well - pull * pull / 2;
    };
    constexpr double end = 4, panel = end / 200;
    double top = exponent(0);
    for (double y = 0; y <= end; y += panel / 4) top = std::max(top, exponent(y));
    for (double from = 0; from < end - panel / 2; from += panel) {
      const auto over = [&](auto g) {
        return boost::math::quadrature::gauss<double, 30>::integrate(
            [&](double y) { return g(y) * std::exp(exponent(y) - top); }, from, from + panel);
      };
      mass += over([](double) { return 1.; });
      first += over([](double y) { return y; });
      second += over([](double y) { return y * y; });
    }
    log_mass = top + std::log(mass), mean = first / mass, square = second / mass;
  }
};

struct Halves {
  double plus, minus, phi;  // scores of the halves, ln(p+/p-)

  Halves(double x, double sigma) {
    const Half right(x, sigma), left(-x, sigma);
    plus = (right.mean - x) / (sigma * sigma), minus = (-left.mean - x) / (sigma * sigma);
    phi = right.log_mass - left.log_mass;
  }
  double background() const { return (plus + minus) / 2; }
  double score() const { return background() + (plus - minus) / 2 * std::tanh(phi / 2); }
};

}  // namespace

Analysis analyse_double_well() {
  const auto model = double_well_problem().model;
  Analysis out{.key = "double_well", .title = "The layer of a quartic double well", .config = "double_well"};
  Table profile{"double_well", {"sigma", "x", "score", "background", "local_profile"}, {}};
  Table near{"double_well_distance", {"sigma", "distance", "error", "relative_error"}, {}};
  Figure layers{
      .key = "double-well",
      .title = "The layer of a quartic double well",
      .explain =
          "The score without its background, the mean of the halves' scores. Dashed: (f/2) tanh(f x/2) with the "
          "slope f that phi has at the interface: right near the interface, not far away.",
      .x = {"x"},
      .y = {"score less background"},
      .series = {}};
  Figure errors{
      .key = "double-well-error",
      .title = "Error of the local profile against the distance from the interface",
      .explain =
          "It falls as the third power of the distance: phi and the slopes are odd and even about the interface.",
      .x = {"distance from the interface", true},
      .y = {"error of the score", true},
      .series = {}};
  double split_error = 0, slope_error = 0, worst_order = 3;
  for (const double sigma : {.25, .4, .6}) {
    const double f = 2 * Halves(0, sigma).plus;
    Values x = linspace(-1.5, 1.5, 151), whole = score(*model, x, sigma), decomposed, without, local;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Halves halves(x[i], sigma);
      decomposed.push_back(halves.score());
      without.push_back(whole[i] - halves.background());
      local.push_back(f / 2 * std::tanh(f * x[i] / 2));
      profile.rows.push_back({sigma, x[i], whole[i], halves.background(), local.back()});
    }
    split_error = std::max(split_error, difference(whole, decomposed));
    layers.series.push_back({"σ = " + text(sigma), x, without});
    layers.series.push_back({"σ = " + text(sigma) + ", local profile", x, local, Series::Style::dashed});

    Values distances, missed;
    for (const double share : logspace(.02, .2, 11)) {  // of the layer's width 2/f: the next power adds 4 % at most
      const double y = share * 2 / f;
      const double local_y = f / 2 * std::tanh(f * y / 2);
      const double error = std::abs(score_at(*model, y, sigma) - Halves(y, sigma).background() - local_y);
      distances.push_back(y), missed.push_back(error);
      near.rows.push_back({sigma, y, error, error / local_y});
    }
    const double order = order_of(distances, missed);
    if (std::abs(order - 3) > std::abs(worst_order - 3)) worst_order = order;
    errors.series.push_back({"σ = " + text(sigma), distances, missed});

    // Normal criterion: ds/dx = background' + f^2/4, with background' = (Var+/sigma^2 - 1)/sigma^2 at x = 0.
    const Half half(0, sigma);
    const double background = ((half.square - half.mean * half.mean) / (sigma * sigma) - 1) / (sigma * sigma);
    const double h = .02 * 2 / f, found = derivative([&](double q) { return score_at(*model, q, sigma); }, 0, h);
    slope_error = std::max(slope_error, std::abs(found / (background + f * f / 4) - 1));
  }
  // It changes sign where E[y^2 | x = 0] = sigma^2; the score's own sign at x = 1e-4 sigma does so within (x/sigma)^2.
  const double found = root([&](double s) { return score_at(*model, 1e-4 * s, s); }, .2, 2);
  const double expected = root([](double s) { return Half(0, s).square - s * s; }, .2, 2);
  out.claims = {
      {"double_well.split",
       "score less (s+ + s-)/2 + tanh(phi/2)/2 phi', halves by quadrature, of the largest, three sigma", 0, split_error,
       1e-12},
      {"double_well.order",
       "order in the distance from the interface of the error of (f/2) tanh(f x/2); the worst of three sigma", 3,
       worst_order, .1},
      {"double_well.normal",
       "slope at the interface over background' + f^2/4, less 1; sixth-order differences err by .02^6 272/140", 0,
       slope_error, 1e-9},
      {"double_well.critical", "sigma where it changes sign: E[y^2 | x = 0] = sigma^2", expected, found, 1e-7}};
  out.tables = {std::move(profile), std::move(near)};
  out.figures = {std::move(layers), std::move(errors)};
  return out;
}

}  // namespace shockstep::paper
