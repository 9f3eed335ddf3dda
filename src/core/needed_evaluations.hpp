/// How many evaluations an error takes, from the errors at two numbers of them.
#pragma once

#include <algorithm>
#include <cmath>

namespace shockstep {

/// Least order of a method that is supposed beyond what was measured: a larger one makes the answer smaller.
inline constexpr double supposed_order = 1;

/// Evaluations for an error of `wanted`, where `few` of them err by `error` and `more` by `less`: a power law through both, and beyond
/// `more` one that falls at least as 1/evaluations. All positive, few < more, wanted < error.
inline double needed_evaluations(double wanted, double few, double error, double more, double less) {
  const double order = std::log(error / less) / std::log(more / few);
  if (less > wanted) return more * std::pow(less / wanted, 1 / std::max(order, supposed_order));
  return few * std::pow(error / wanted, 1 / order);
}

}  // namespace shockstep
