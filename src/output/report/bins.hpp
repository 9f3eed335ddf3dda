/// Histograms of streams in bounded memory.
#pragma once

#include "output/quantile_sketch.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

namespace shockstep {

/// Whole numbers from 0: bins of width one at first, twice as wide whenever there are too many of them.
class WholeBins {
 public:
  void add(std::int64_t value) {
    ++bins_[value / width_];
    while (bins_.size() > most) {
      std::map<std::int64_t, std::int64_t> wider;
      for (const auto& [bin, n] : bins_) wider[bin / 2] += n;
      bins_ = std::move(wider), width_ *= 2;
    }
  }

  /// {edges: [n + 1], counts: [n]}; at most `most` bins.
  nlohmann::ordered_json json() const;

 private:
  static constexpr std::size_t most = 96;
  std::int64_t width_ = 1;
  std::map<std::int64_t, std::int64_t> bins_;
};

/// Bins of equal width in ln sigma over a range; what lies outside counts in the outermost.
class SigmaBins {
 public:
  SigmaBins(double sigma_min, double sigma_max) : low_(std::log(sigma_min)), high_(std::log(sigma_max)) {}

  void add(double sigma) {
    const double at = (std::log(sigma) - low_) / (high_ - low_) * bins;
    ++counts_[static_cast<std::size_t>(std::clamp(at, 0., bins - 1.))];
  }

  const std::vector<std::int64_t>& counts() const { return counts_; }
  std::vector<double> edges() const;

 private:
  static constexpr int bins = 288;
  double low_, high_;
  std::vector<std::int64_t> counts_ = std::vector<std::int64_t>(bins);
};

/// {zeros, infinite, edges: [n + 1], counts: [n]} of what a sketch has counted: positive numbers in bins of equal width in
/// their logarithm, at most 64.
nlohmann::ordered_json log_bins(const QuantileSketch& sketch);

}  // namespace shockstep
