// Annealed Langevin dynamics of a score f(x)/sigma, as NCSNv2 samples it (Song & Ermon 2020, arXiv 2006.09011, algorithm 1): at
// each noise level sigma_1 > ... > sigma_L some steps
//   x <- x + a_i s(x, sigma_i) + sqrt(2 a_i) z,   a_i = eta sigma_i^2,   s = f/sigma_i,
// and x + sigma_L^2 s at the end, the denoising step. With f = sigma_0 grad ln p_0 a level keeps p_0^(sigma_0/sigma): p_0 itself at
// sigma = sigma_0, its maxima as sigma -> 0, whereas the deterministic dynamics know basins only.
#include "paper/analyses.hpp"
#include "paper/flow.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"
#include "paper/stationary.hpp"

#include <shockstep/random.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep::paper {
namespace {

struct Chains {
  const GaussianMixture& mixture;
  Values x;               // [n, 2]
  std::uint64_t address;  // tells their random numbers apart
  std::uint64_t steps = 0;

  void step(double sigma, double eta) {
    const Values f = field(mixture, x, field_sigma);
    Values noise(x.size());
    fill_normal(noise, 11, Stream::exact, address, steps++);
    const double kick = std::sqrt(2 * eta) * sigma;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += eta * sigma * f[i] + kick * noise[i];
  }
  void denoise(double sigma) {
    const Values f = field(mixture, x, field_sigma);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += sigma * f[i];
  }
};

/// Mean posterior weight of each component at field_sigma.
Values shares(const GaussianMixture& mixture, const Values& x) {
  const auto n = static_cast<std::int64_t>(x.size()) / 2;
  return values(mixture.responsibilities(rows(x, 2), level(n, field_sigma)).mean(0));
}

double largest_change(const Values& a, const Values& b) {
  double out = 0;
  for (std::size_t k = 0; k < a.size(); ++k) out = std::max(out, std::abs(a[k] - b[k]));
  return out;
}

/// One level at sigma_0, from exact samples of p_0: the weights must stay. Returns the largest change.
double change_of_weights(const GaussianMixture& mixture, std::int64_t n) {
  constexpr double eta = .02;
  constexpr int steps = 100;  // .6 in the clock of f, where the modes relax at rates of about 2
  Chains chains{mixture, values(mixture.draw(n, field_sigma, 3)), 1};
  for (int i = 0; i < steps; ++i) chains.step(field_sigma, eta);
  return largest_change(shares(mixture, chains.x), mixture.weights());
}

/// Variance along the slowest direction of a stable zero, at a level so low that f is linear where the chain goes, over that of the
/// linear recursion x' = (1 - eta sigma m) x + sqrt(2 eta) sigma z, m = -rate: sigma/(m (1 - eta sigma m/2)).
double spread_over_exact(const GaussianMixture& mixture, const Stationary& zero, std::int64_t n) {
  constexpr double sigma = 1e-3, eta = 20;
  Values start;
  for (std::int64_t i = 0; i < n; ++i) start.insert(start.end(), {zero.x[0], zero.x[1]});
  Chains chains{mixture, std::move(start), 2};
  const double m = -zero.rates[1];
  const int steps = static_cast<int>(std::ceil(5 / (eta * sigma * m)));  // variance settles to e^-10
  for (int i = 0; i < steps; ++i) chains.step(sigma, eta);
  double sum = 0;
  for (std::size_t i = 0; i < chains.x.size(); i += 2) {
    const double along =
        (chains.x[i] - zero.x[0]) * zero.direction[0] + (chains.x[i + 1] - zero.x[1]) * zero.direction[1];
    sum += along * along;
  }
  return sum / static_cast<double>(n) / (sigma / (m * (1 - eta * sigma * m / 2)));
}

struct Ends {
  Values x;             // [n, 2]
  Values share;         // of the stable zeros nearest to them
  double distance = 0;  // root mean square, from these
};

Ends ends_of(Values x, const std::vector<Stationary>& stable) {
  Ends out{std::move(x), Values(stable.size(), 0.), 0};
  const double each = 2. / static_cast<double>(out.x.size());
  for (std::size_t i = 0; i < out.x.size(); i += 2) {
    const auto k = nearest(stable, out.x[i], out.x[i + 1]);
    out.share[k] += each;
    out.distance += each * (std::pow(out.x[i] - stable[k].x[0], 2) + std::pow(out.x[i + 1] - stable[k].x[1], 2));
  }
  out.distance = std::sqrt(out.distance);
  return out;
}

Series dots(const std::string& name, const Values& x) {
  Series out{name, {}, {}, Series::Style::dots};
  for (std::size_t i = 0; i < std::min<std::size_t>(x.size(), 1000); i += 2)
    out.x.push_back(x[i]), out.y.push_back(x[i + 1]);
  return out;
}

}  // namespace

Analysis analyse_langevin() {
  const auto [model, process] = product_problem();
  const auto mixture = product_field();
  Analysis out{.key = "langevin", .title = "Annealed Langevin dynamics of such a score", .config = "product"};

  std::vector<Stationary> stable;
  for (const auto& s : stationary_points(*mixture, field_sigma))
    if (s.stable()) stable.push_back(s);

  constexpr std::int64_t n = 10'000;
  double spread = 0;
  for (const auto& zero : stable) spread = std::max(spread, std::abs(spread_over_exact(*mixture, zero, n) - 1));

  // Both samplers from sigma_max n, a thousand each.
  constexpr std::int64_t few = 1000;
  constexpr int levels = 40, steps = 40;
  constexpr double eta = .1, sigma_first = 2;  // the largest distance of two modes, as NCSNv2 has it
  const Values latents =
      values(GaussianMixture({.means = rows({0, 0}, 2), .stds = rows({1}, 1).view({-1})}).draw(few, 0, 7));
  Values start = latents;
  for (double& value : start) value *= process.sigma_max();
  const Ends flow =
      ends_of(transported(model, process, start, FixedSteps{.schedule = Schedule::linear, .count = 2000}), stable);
  start = latents;
  for (double& value : start) value *= sigma_first;
  Chains chains{*mixture, std::move(start), 3};
  for (const double sigma : logspace(sigma_first, process.sigma_min(), levels))
    for (int i = 0; i < steps; ++i) chains.step(sigma, eta);
  chains.denoise(process.sigma_min());
  const Ends annealed = ends_of(std::move(chains.x), stable);

  Table table{"langevin_shares", {"x1", "x2", "weight", "deterministic", "annealed"}, {}};
  const Values weights = mixture->weights();
  for (std::size_t k = 0; k < stable.size(); ++k) {
    const Values at{stable[k].x[0], stable[k].x[1]};
    const Values owner = shares(*mixture, at);
    const auto component = std::ranges::max_element(owner) - owner.begin();
    table.rows.push_back(
        {at[0], at[1], weights[static_cast<std::size_t>(component)], flow.share[k], annealed.share[k]});
  }
  Table distance{"langevin_distance", {"deterministic", "annealed"}, {{flow.distance, annealed.distance}}};

  out.claims = {
      {"langevin.weights",
       "one level at the field's own sigma, from 10^4 exact samples: largest change of a mode's share from its weight; "
       "five "
       "standard errors",
       0, change_of_weights(*mixture, n), 2.5 / std::sqrt(static_cast<double>(n))},
      {"langevin.spread",
       "variance about each stable zero at a low level, over that of the linear recursion, less 1; 10^4 chains, five "
       "standard errors",
       0, spread, 5 * std::sqrt(2. / static_cast<double>(n))},
      {"langevin.deterministic_ends", "root mean square distance of the deterministic ends from a stable zero", 0,
       flow.distance, 1e-9}};
  out.tables = {std::move(table), std::move(distance)};
  out.figures.push_back(
      {.key = "langevin",
       .title = "Annealed Langevin and deterministic dynamics",
       .explain = "Where 500 samples of each end. The deterministic dynamics stand on the stable zeros; annealed "
                  "Langevin, denoised, keeps some of the spread of the level at which its steps became too short.",
       .x = {"x₁"},
       .y = {"x₂"},
       .series = {dots("annealed Langevin", annealed.x), dots("deterministic", flow.x)}});
  return out;
}

}  // namespace shockstep::paper
