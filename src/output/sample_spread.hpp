/// How far the samples of a run spread.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace shockstep {

/// Standard deviation over samples, root mean square over coordinates: what data_std of their model should be. Welford 1962. Many measure
/// data_std about one mean of all coordinates instead, which is no less.
class SampleSpread {
 public:
  /// Samples that are not finite are left out.
  void add(std::span<const double> sample) {
    double sum = 0;
    for (const double x : sample) sum += x;
    if (!std::isfinite(sum)) return;
    mean_.resize(sample.size());
    ++count_;
    double square = 0;
    for (std::size_t j = 0; j < sample.size(); ++j) {
      const double before = sample[j] - mean_[j];
      mean_[j] += before / static_cast<double>(count_);
      square += before * (sample[j] - mean_[j]);
    }
    square_ += square / static_cast<double>(sample.size());
  }

  std::int64_t count() const { return count_; }
  /// About the mean of each coordinate; NaN below two samples.
  double value() const { return std::sqrt(variance()); }
  /// Root mean square over coordinates of the mean sample.
  double rms_mean() const {
    double square = 0;
    for (const double m : mean_) square += m * m / static_cast<double>(mean_.size());
    return std::sqrt(square);
  }
  /// About one mean of all coordinates.
  double about_one_mean() const {
    double mean = 0, square = 0;
    for (const double m : mean_) mean += m / static_cast<double>(mean_.size());
    for (const double m : mean_) square += (m - mean) * (m - mean) / static_cast<double>(mean_.size());
    return std::sqrt(variance() + square);
  }

 private:
  double variance() const {
    return count_ > 1 ? square_ / static_cast<double>(count_ - 1) : std::numeric_limits<double>::quiet_NaN();
  }

  std::int64_t count_ = 0;
  double square_ = 0;  // sum of squared deviations, mean over coordinates
  std::vector<double> mean_;
};

}  // namespace shockstep
