#include <shockstep/process_kind.hpp>

#include "process/linear_beta.hpp"
#include "process/preserving.hpp"
#include "process/range.hpp"
#include "process/section.hpp"

namespace shockstep {

ProcessFunctions process_functions(const VpLinear& vp) {
  const LinearBeta beta(vp.beta_min, vp.beta_max);
  const auto sigma_at = [&](double t) { return std::sqrt(std::expm1(beta.integral(t))); };
  return in_range({.kind = "vp_linear",
                   .time = [beta](double sigma) { return beta.time(std::log1p(sigma * sigma)); },
                   .alpha = preserving_alpha},
                  {vp.sigma_min, vp.sigma_max}, {sigma_at(earliest_time), sigma_at(1)}, {0, sigma_at(1)});
}

VpTable linear_table(double beta_start, double beta_end, int steps, BetaSpacing spacing) {
  if (!(beta_start > 0)) throw ConfigError("process.beta_start", "must be positive, got " + shortest(beta_start));
  if (!(beta_end >= beta_start && beta_end < 1))
    throw ConfigError("process.beta_end",
                      "must be from beta_start = " + shortest(beta_start) + " to below 1, got " + shortest(beta_end));
  const auto beta = [=](int j) {
    const double share = static_cast<double>(j) / (steps - 1);
    if (spacing == BetaSpacing::linear) return std::lerp(beta_start, beta_end, share);
    return std::pow(std::lerp(std::sqrt(beta_start), std::sqrt(beta_end), share), 2);
  };
  return {.alphas_cumprod = alphas_cumprod(steps, beta), .kind = "vp_linear"};
}

namespace {

Process vp_linear_from(Section& section) {
  bool table = false;
  for (const char* key : {"beta_min", "beta_max"}) section.ignore(key);
  for (const char* key : {"beta_start", "beta_end", "beta_schedule", "steps"})
    section.ignore(key), table = table || section.has(key);
  if (!table) {
    const VpLinear own;
    return ranged(section, VpLinear{.beta_min = section.number("beta_min", own.beta_min),
                                    .beta_max = section.number("beta_max", own.beta_max)});
  }
  for (const char* key : {"beta_min", "beta_max"})
    if (section.has(key))
      section.fail(key, "is of continuous time and cannot stand beside beta_start, beta_end and steps, the table");
  const double start = section.number("beta_start", 1e-4), end = section.number("beta_end", .02);
  const int steps = table_steps(section);
  const bool scaled = section.choice("beta_schedule", {"linear", "scaled_linear"}, "linear") == "scaled_linear";
  return ranged(section, process_placed(section, [&] {
                  return linear_table(start, end, steps, scaled ? BetaSpacing::scaled_linear : BetaSpacing::linear);
                }));
}

}  // namespace

namespace processes {
extern const ProcessKind vp_linear{
    "vp_linear", "variance preserving, beta linear in time: continuous, or the table of DDPM",
    "{kind: vp_linear, beta_start: 1.0e-4, beta_end: 0.02, steps: 1000}", vp_linear_from};
}

}  // namespace shockstep
