#include "core/quantile_transport.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace shockstep {
namespace {

// The mass on one side of x: side +1 above, -1 below. Small masses keep their digits on their own side.
double mass(const ScalarMixture& m, double x, double sigma, double side) {
  double sum = 0;
  for (std::size_t k = 0; k < m.means.size(); ++k)
    sum += m.weights[k] / 2 * std::erfc(side * (x - m.means[k]) / std::sqrt(2 * (m.variances[k] + sigma * sigma)));
  return sum;
}

}  // namespace

double transport_quantile(const ScalarMixture& m, double x, double sigma_from, double sigma_to) {
  const double side = mass(m, x, sigma_from, 1) < mass(m, x, sigma_from, -1) ? 1 : -1;
  const double wanted = mass(m, x, sigma_from, side);
  if (!(wanted > 0)) return std::numeric_limits<double>::quiet_NaN();
  // Beyond 40 standard deviations of every component erfc is 0.
  const auto [least, most] = std::minmax_element(m.means.begin(), m.means.end());
  const double variance = *std::max_element(m.variances.begin(), m.variances.end());
  const double reach = 40 * std::sqrt(variance + sigma_to * sigma_to);
  double low = *least - reach, high = *most + reach;
  for (double middle = std::midpoint(low, high); low < middle && middle < high; middle = std::midpoint(low, high)) {
    const bool beyond = (mass(m, middle, sigma_to, side) < wanted) == (side > 0);
    (beyond ? high : low) = middle;
  }
  return std::midpoint(low, high);
}

}  // namespace shockstep
