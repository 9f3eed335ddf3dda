// A score f(x)/sigma, whose noise level is a factor (arXiv 2601.12965), is that of no diffusion. Its deterministic dynamics are
//   dx/dlam = sigma^2 s = sigma f,   i.e.  dx/dT = f(x) in the clock T = sigma_max - sigma:
// they settle on the stable zeros of f, at the rate of the eigenvalue of df/dx nearest 0.
#include "paper/analyses.hpp"
#include "paper/flow.hpp"
#include "paper/integrate.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"
#include "paper/stationary.hpp"

#include <algorithm>
#include <array>

namespace shockstep::paper {
namespace {

// dx/dT = f by Fehlberg's method of order 8, over a time T.
std::array<double, 2> followed(const GaussianMixture& mixture, double x, double y, double T) {
  const auto slope = [&](const std::vector<double>& at, std::vector<double>& out, double) {
    out = field(mixture, at, field_sigma);
  };
  const auto end = integrated(slope, {x, y}, 0, T, 1e-12);
  return {end[0], end[1]};
}

}  // namespace

Analysis analyse_product() {
  const auto [model, process] = product_problem();
  const auto mixture = product_field();
  Analysis out{.key = "product", .title = "A score whose noise level is a factor", .config = "product"};

  const auto all = stationary_points(*mixture, field_sigma);
  std::vector<Stationary> stable;
  Table points{"product_stationary", {"x1", "x2", "rate_1", "rate_2", "unstable_directions", "share"}, {}};
  int characteristic = 0;  // maxima less saddles plus minima of the density
  for (const auto& s : all) {
    characteristic += s.index() % 2 == 0 ? 1 : -1;
    if (s.stable()) stable.push_back(s);
  }

  // Where the sampler ends, and where dx/dT = f does. Steps are uniform in the clock: far above the data's scale uniform ones in
  // ln sigma would pass the modes in a few.
  const FixedSteps uniform{.schedule = Schedule::linear, .count = 2000};
  constexpr std::int64_t n = 100;
  const double T = process.sigma_max() - process.sigma_min();
  const Values begin =
      values(GaussianMixture({.means = rows({0, 0}, 2), .stds = rows({1}, 1).view({-1})}).draw(n, 0, 7));
  Values start = begin;
  for (double& value : start) value *= process.sigma_max();
  const Values end = transported(model, process, start, uniform);
  double off = 0;
  int differing = 0;
  std::vector<double> share(stable.size(), 0);
  for (std::size_t i = 0; i < start.size(); i += 2) {
    const auto k = nearest(stable, end[i], end[i + 1]);
    off = std::max(off, std::hypot(end[i] - stable[k].x[0], end[i + 1] - stable[k].x[1]));
    share[k] += 1. / static_cast<double>(n);
    const auto other = followed(*mixture, start[i], start[i + 1], T);
    differing += nearest(stable, other[0], other[1]) != k;
  }
  for (const auto& s : all)
    points.rows.push_back({s.x[0], s.x[1], s.rates[0], s.rates[1], static_cast<double>(s.index()),
                           s.stable() ? share[nearest(stable, s.x[0], s.x[1])] : 0});

  // Asymptotic rate: ln of the distance along the slowest direction against T, from a start close by.
  Table rates{"product_rates", {"x1", "x2", "eigenvalue", "rate"}, {}};
  double rate_error = 0;
  Figure decay{
      .key = "product-decay",
      .title = "Approach to the stable zeros",
      .explain =
          "Distance from each stable zero of f along its slowest direction, in the clock T = σmax - σ. Dashed: "
          "the eigenvalue of the Jacobian.",
      .x = {"clock T"},
      .y = {"distance", true},
      .series = {}};
  for (std::size_t k = 0; k < stable.size(); ++k) {
    const auto& s = stable[k];
    constexpr double from = 1e-4, sigma_max = 10;
    Series line{"zero " + std::to_string(k + 1), {}, {}, Series::Style::dots},
        exact{"zero " + std::to_string(k + 1) + ", eigenvalue", {}, {}, Series::Style::dashed};
    for (const double passed : linspace(1, 6, 6)) {
      const Values x = transported(model, VarianceExploding{.sigma_min = sigma_max - passed, .sigma_max = sigma_max},
                                   {s.x[0] + from * s.direction[0], s.x[1] + from * s.direction[1]});
      const double along = (x[0] - s.x[0]) * s.direction[0] + (x[1] - s.x[1]) * s.direction[1];
      line.x.push_back(passed), line.y.push_back(along);
      exact.x.push_back(passed), exact.y.push_back(from * std::exp(s.rates[1] * passed));
    }
    Values logs;
    for (const double y : line.y) logs.push_back(std::log(y));
    const double rate = slope_of(line.x, logs);
    rate_error = std::max(rate_error, std::abs(rate / s.rates[1] - 1));
    rates.rows.push_back({s.x[0], s.x[1], s.rates[1], rate});
    decay.series.push_back(line), decay.series.push_back(exact);
  }

  // For the picture: the field, the density whose score it is, zeros and ends.
  const Values side = linspace(-2, 2, 41);
  Values grid;
  for (const double y : side)
    for (const double x : side) grid.insert(grid.end(), {x, y});
  const Values f = field(*mixture, grid, field_sigma);
  Plane plane{
      side,
      side,
      values(mixture->log_density(rows(grid, 2), level(static_cast<std::int64_t>(grid.size() / 2), field_sigma)).exp()),
      {}};
  for (std::size_t i = 0; i < plane.density.size(); ++i)
    if (i % 41 % 2 == 0 && i / 41 % 2 == 0)
      plane.arrows.push_back({grid[2 * i], grid[2 * i + 1], .05 * f[2 * i], .05 * f[2 * i + 1]});
  Series stables{"stable", {}, {}, Series::Style::dots}, unstable{"unstable", {}, {}, Series::Style::dots};
  for (const auto& s : all)
    (s.stable() ? stables : unstable).x.push_back(s.x[0]), (s.stable() ? stables : unstable).y.push_back(s.x[1]);

  out.claims = {
      {"product.stationary",
       "stationary points: maxima less saddles plus minima of a density that vanishes far away (Morse)", 1,
       static_cast<double>(characteristic), 0},
      {"product.ends", "largest distance of 100 ends of the sampler from a stable zero of f", 0, off, 1e-9},
      {"product.basins", "ends in another basin than those of dx/dT = f", 0, static_cast<double>(differing), 0},
      {"product.rate",
       "rate of approach over the eigenvalue of df/dx nearest 0, less 1, every stable zero; from 1e-4 away", 0,
       rate_error, 1e-3}};
  out.tables = {std::move(points), std::move(rates)};
  out.figures.push_back({.key = "product",
                         .title = "A score whose noise level is a factor",
                         .explain =
                             "f, the score of three modes at one noise level. f(x)/σ is the score of no diffusion; its "
                             "deterministic dynamics end on the stable zeros, whatever the weights of the modes were.",
                         .x = {"x₁"},
                         .y = {"x₂"},
                         .series = {stables, unstable},
                         .plane = std::move(plane)});
  out.figures.push_back(std::move(decay));
  return out;
}

}  // namespace shockstep::paper
