#include <shockstep/error.hpp>
#include <shockstep/process.hpp>

#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace shockstep {
namespace {

constexpr int most_steps_of_table = 10'000'000;

void check_steps(int steps) {
  if (steps < 2 || steps > most_steps_of_table)
    throw ConfigError("process.steps",
                      "must be from 2 to " + std::to_string(most_steps_of_table) + ", got " + std::to_string(steps));
}

std::vector<double> products(int steps, const std::function<double(int)>& beta) {
  std::vector<double> out;
  double product = 1;
  for (int j = 0; j < steps; ++j) out.push_back(product *= 1 - beta(j));
  return out;
}

/// sigma by index, where it is neither 0 nor infinite.
struct Levels {
  double first = 0;  ///< index of the first of them
  std::vector<double> sigma;

  double index(double at) const {
    const auto above = std::clamp<std::ptrdiff_t>(std::ranges::upper_bound(sigma, at) - sigma.begin(), 1,
                                                  static_cast<std::ptrdiff_t>(sigma.size()) - 1);
    const double low = sigma[static_cast<std::size_t>(above - 1)], high = sigma[static_cast<std::size_t>(above)];
    return first + static_cast<double>(above - 1) + std::clamp(std::log(at / low) / std::log(high / low), 0., 1.);
  }
};

Levels levels_of(const VpTable& table) {
  const auto& alphas = table.alphas_cumprod;
  const auto fail = [](const std::string& sentence) { throw ConfigError("process.alphas_cumprod", sentence); };
  for (std::size_t j = 0; j < alphas.size(); ++j) {
    if (!(alphas[j] >= 0 && alphas[j] <= 1)) fail("must be from 0 to 1, got " + shortest(alphas[j]));
    if (j > 0 && !(alphas[j] < alphas[j - 1]))
      fail("must descend, got " + shortest(alphas[j]) + " after " + shortest(alphas[j - 1]) + " at entry " +
           std::to_string(j));
  }
  Levels out;
  out.first = table.index_offset;
  if (!alphas.empty() && alphas.front() == 1) ++out.first;
  for (double alpha2 : alphas)
    if (alpha2 > 0 && alpha2 < 1) out.sigma.push_back(std::sqrt((1 - alpha2) / alpha2));
  if (out.sigma.size() < 2) fail("must hold at least 2 numbers between 0 and 1");
  return out;
}

}  // namespace

Process::Process(const VpTable& table)
    : kind_(table.kind),
      alpha_([](double sigma) { return 1 / std::sqrt(1 + sigma * sigma); }),
      steps_(static_cast<int>(table.alphas_cumprod.size())) {
  if (!std::isfinite(table.index_offset)) throw ConfigError("process.index_offset", "must be finite");
  const Levels levels = levels_of(table);
  time_ = [levels](double sigma) { return levels.index(sigma); };
  const Range reach{levels.sigma.front(), levels.sigma.back()};
  set_range({table.sigma_min, table.sigma_max}, reach, reach);
}

VpTable linear_table(double beta_start, double beta_end, int steps, BetaSpacing spacing) {
  check_steps(steps);
  if (!(beta_start > 0)) throw ConfigError("process.beta_start", "must be positive, got " + shortest(beta_start));
  if (!(beta_end >= beta_start && beta_end < 1))
    throw ConfigError("process.beta_end",
                      "must be from beta_start = " + shortest(beta_start) + " to below 1, got " + shortest(beta_end));
  return {.alphas_cumprod = products(steps,
                                     [=](int j) {
                                       const double share = static_cast<double>(j) / (steps - 1);
                                       if (spacing == BetaSpacing::linear)
                                         return std::lerp(beta_start, beta_end, share);
                                       return std::pow(std::lerp(std::sqrt(beta_start), std::sqrt(beta_end), share), 2);
                                     }),
          .kind = "vp_linear"};
}

VpTable cosine_table(double s, int steps) {
  check_steps(steps);
  if (!(s >= 0 && s < 1)) throw ConfigError("process.s", "must be from 0 to below 1, got " + shortest(s));
  const auto alpha2 = [=](int j) {
    const double t = static_cast<double>(j) / steps;
    return std::pow(std::cos((t + s) / (1 + s) * std::numbers::pi / 2), 2);
  };
  constexpr double largest_beta = .999;
  return {
      .alphas_cumprod = products(steps, [&](int j) { return std::min(1 - alpha2(j + 1) / alpha2(j), largest_beta); }),
      .kind = "vp_cosine"};
}

}  // namespace shockstep
