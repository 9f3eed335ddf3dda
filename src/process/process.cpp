#include <shockstep/error.hpp>
#include <shockstep/process.hpp>

#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

constexpr double rounding = 1e-6;  // relative: ends written with seven digits are the ends
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

void Process::set_range(Range given, Range own, Range reach) {
  for (const auto& [key, value] : {std::pair{"process.sigma_min", given.low}, {"process.sigma_max", given.high}})
    if (!(value >= 0) || !std::isfinite(value)) throw ConfigError(key, "must be positive, got " + shortest(value));
  sigma_min_ = given.low > 0 ? given.low : own.low;
  sigma_max_ = given.high > 0 ? given.high : own.high;
  const std::string range = kind_ + " reaches from " + shortest(reach.low) + " to " + shortest(reach.high);
  if (sigma_min_ < reach.low * (1 - rounding))
    throw ConfigError("process.sigma_min",
                      "must be at least " + shortest(reach.low) + ", got " + shortest(sigma_min_) + "; " + range);
  if (sigma_max_ > reach.high * (1 + rounding))
    throw ConfigError("process.sigma_max",
                      "must be at most " + shortest(reach.high) + ", got " + shortest(sigma_max_) + "; " + range);
  sigma_min_ = std::max(sigma_min_, reach.low), sigma_max_ = std::min(sigma_max_, reach.high);
  if (!(sigma_max_ > sigma_min_))
    throw ConfigError("process.sigma_max",
                      "must be larger than sigma_min = " + shortest(sigma_min_) + ", got " + shortest(sigma_max_));
}

Process::Process(const VarianceExploding& ve)
    : kind_("ve"), time_([](double sigma) { return sigma; }), alpha_([](double) { return 1.; }) {
  if (!(ve.sigma_min > 0)) throw ConfigError("process.sigma_min", "must be positive, got " + shortest(ve.sigma_min));
  if (!(ve.sigma_max > 0)) throw ConfigError("process.sigma_max", "must be positive, got " + shortest(ve.sigma_max));
  set_range({ve.sigma_min, ve.sigma_max}, {}, {0, infinity});
}

Process::Process(const FlowMatching& flow) : kind_("flow"), alpha_([](double sigma) { return 1 / (1 + sigma); }) {
  if (flow.data_at != 0 && flow.data_at != 1)
    throw ConfigError("process.data_at", "must be 0 or 1, got " + std::to_string(flow.data_at));
  if (!(flow.shift > 0) || !std::isfinite(flow.shift))
    throw ConfigError("process.shift", "must be positive, got " + shortest(flow.shift));
  const bool data_first = flow.data_at == 0;
  // The share of noise w = sigma/(1 + sigma); data's own share is 1/(1 + sigma), without cancellation.
  time_ = [data_first](double sigma) { return (data_first ? sigma : 1) / (1 + sigma); };
  // w = shift u/(1 + (shift - 1) u) solved for u.
  clock_ = [data_first, shift = flow.shift](double sigma) { return (data_first ? sigma : shift) / (sigma + shift); };
  constexpr double margin = .001;
  set_range({flow.sigma_min, flow.sigma_max}, {margin / (1 - margin), (1 - margin) / margin}, {0, infinity});
}

double Process::lam_begin() const { return -std::log(sigma_max_); }
double Process::lam_end() const { return -std::log(sigma_min_); }

}  // namespace shockstep
