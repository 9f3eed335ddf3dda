#include "core/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace shockstep {
namespace {

/// Value at a fractional position of the sorted values, clamped to their range.
double at_position(std::vector<double>& values, double position) {
  std::sort(values.begin(), values.end());
  position = std::clamp(position, 0., static_cast<double>(values.size() - 1));
  const auto i = static_cast<std::size_t>(position);
  const double f = position - static_cast<double>(i);
  return f > 0 ? (1 - f) * values[i] + f * values[i + 1] : values[i];
}

}  // namespace

double quantile(std::vector<double> values, double p) {
  return at_position(values, p * static_cast<double>(values.size() - 1));
}

double weibull_quantile(std::vector<double> values, double p) {
  return at_position(values, p * static_cast<double>(values.size() + 1) - 1);
}

double conformal_quantile(std::vector<double> values, double level) {
  return at_position(values, std::ceil(static_cast<double>(values.size() + 1) * level) - 1);
}

std::vector<double> smooth(const std::vector<double>& values, int width) {
  const int n = static_cast<int>(values.size()), half = width / 2;
  std::vector<double> out(values.size());
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int j = i - half; j <= i + half; ++j) sum += values[static_cast<std::size_t>(std::clamp(j, 0, n - 1))];
    out[static_cast<std::size_t>(i)] = sum / (2 * half + 1);
  }
  return out;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.) / static_cast<double>(values.size());
}

double standard_deviation(const std::vector<double>& values) {
  const double m = mean(values);
  double sum = 0;
  for (double v : values) sum += (v - m) * (v - m);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

double spread_over_rows(std::span<const double> values, std::size_t d) {
  double variance = 0;
  for (std::size_t k = 0; k < d; ++k) {
    std::vector<double> column;
    for (std::size_t i = k; i < values.size(); i += d) column.push_back(values[i]);
    variance += std::pow(standard_deviation(column), 2) / static_cast<double>(d);
  }
  return std::sqrt(variance);
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double ma = mean(a), mb = mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

double rms_difference(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

bool all_finite(std::span<const double> a) {
  double sum = 0;  // infinities and NaN survive multiplication by zero
  for (double v : a) sum += v * 0;
  return sum == 0;
}

}  // namespace shockstep
