#include <shockstep/error.hpp>
#include <shockstep/process_kind.hpp>

#include "core/text.hpp"
#include "process/preserving.hpp"
#include "process/range.hpp"
#include "process/section.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace shockstep {
namespace {

constexpr double right_angle = std::numbers::pi / 2, latest_time = .9946;

void check_offset(double s) {
  if (!(s >= 0 && s < 1)) throw ConfigError("process.s", "must be from 0 to below 1, got " + shortest(s));
}

}  // namespace

ProcessFunctions process_functions(const VpCosine& vp) {
  const double s = vp.s;
  check_offset(s);
  const double first = s / (1 + s) * right_angle, c2 = std::pow(std::cos(first), 2);
  // cos phi = cos(first) alpha; the sine as well, since near t = 0 the cosine alone has lost the angle
  const auto time = [=](double sigma) {
    const double share = sigma * sigma / (1 + sigma * sigma);
    const double sine2 = std::pow(std::sin(first), 2) + c2 * share, cosine2 = c2 / (1 + sigma * sigma);
    return std::atan2(std::sqrt(sine2), std::sqrt(cosine2)) / right_angle * (1 + s) - s;
  };
  const auto sigma_at = [&](double t) {
    const double alpha2 = std::pow(std::cos((t + s) / (1 + s) * right_angle), 2) / c2;
    return std::sqrt(1 / alpha2 - 1);
  };
  return in_range({.kind = "vp_cosine", .time = time, .alpha = preserving_alpha}, {vp.sigma_min, vp.sigma_max},
                  {sigma_at(earliest_time), sigma_at(latest_time)});
}

VpTable cosine_table(double s, int steps) {
  check_offset(s);
  constexpr double largest_beta = .999;
  const auto alpha2 = [=](int j) {
    const double t = static_cast<double>(j) / steps;
    return std::pow(std::cos((t + s) / (1 + s) * std::numbers::pi / 2), 2);
  };
  const auto beta = [&](int j) { return std::min(1 - alpha2(j + 1) / alpha2(j), largest_beta); };
  return {.alphas_cumprod = alphas_cumprod(steps, beta), .kind = "vp_cosine"};
}

namespace processes {
extern const ProcessKind vp_cosine{"vp_cosine", "variance preserving, alpha a cosine of time: continuous, or a table",
                                   "{kind: vp_cosine, s: 0.008}", [](Section& section) {
                                     section.ignore("steps");
                                     const double s = section.number("s", VpCosine{}.s);
                                     if (!section.has("steps")) return ranged(section, VpCosine{.s = s});
                                     const int steps = table_steps(section);
                                     return ranged(section,
                                                   process_placed(section, [&] { return cosine_table(s, steps); }));
                                   }};
}  // namespace processes

}  // namespace shockstep
