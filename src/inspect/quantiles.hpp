/// The quantiles that sections report.
#pragma once

#include <shockstep/inspection.hpp>

#include "core/statistics.hpp"

#include <cmath>
#include <vector>

namespace shockstep {

/// NaN are left out.
inline Quantiles quantiles_of(std::vector<double> values) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  Quantiles out{.count = std::ssize(values)};
  if (values.empty()) return out;
  out.q05 = quantile(values, .05), out.q25 = quantile(values, .25), out.q50 = quantile(values, .5);
  out.q75 = quantile(values, .75), out.q95 = quantile(values, .95);
  return out;
}

}  // namespace shockstep
