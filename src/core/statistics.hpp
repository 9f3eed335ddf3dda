/// Small-sample statistics on vectors of doubles.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace shockstep {

/// Quantile with linear interpolation at position p (n - 1), NumPy's default.
double quantile(std::vector<double> values, double p);
/// Quantile at position p (n + 1), unbiased for few rows (Weibull): 1 - p of further draws lie above, on average.
double weibull_quantile(std::vector<double> values, double p);
/// Conformal quantile: a further exchangeable value lies at or below with probability >= level, if n >= level/(1 - level).
double conformal_quantile(std::vector<double> values, double level);
/// Moving average over `width` (odd) values; the ends are extended by their last value.
std::vector<double> smooth(const std::vector<double>& values, int width);
double mean(const std::vector<double>& values);
/// Population standard deviation.
double standard_deviation(const std::vector<double>& values);
/// Standard deviation over rows of d values each, one behind the other; root mean square over coordinates.
double spread_over_rows(std::span<const double> values, std::size_t d);
/// Pearson's correlation; 0 where one of the two does not vary.
double correlation(const std::vector<double>& a, const std::vector<double>& b);

/// Root mean square over coordinates of a - b, of equal length.
double rms_difference(std::span<const double> a, std::span<const double> b);
bool all_finite(std::span<const double> a);

}  // namespace shockstep
