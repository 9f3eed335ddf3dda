/// What a report may show of a model beside its samples: density and modes, each where it is known in closed form.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace shockstep {

/// Rows are points of `dimension` doubles, one after the other. Everything is empty for a model of which nothing is known.
struct KnownModel {
  std::int64_t dimension = 0;
  std::span<const double> means{};  ///< of the components, [K, dimension]; `denoise` keeps them alive
  double variance_min = 0;          ///< of a component, along any direction
  /// D(x, sigma) of each row, [rows, dimension]; sigma within the range of the process.
  std::function<std::vector<double>(std::span<const double> x, double sigma)> denoise{};
  /// p(x) of each row at the end of the integration, [rows].
  std::function<std::vector<double>(std::span<const double> x)> density{};
  std::int64_t terms = 1;  ///< that the density of a row is the sum of: what computing it costs

  /// What components are called, "cluster 3" by the number here; empty: "mode 3" by their place, from 1.
  std::vector<int> clusters{};

  std::size_t components() const { return dimension > 0 ? means.size() / static_cast<std::size_t>(dimension) : 0; }
};

}  // namespace shockstep
