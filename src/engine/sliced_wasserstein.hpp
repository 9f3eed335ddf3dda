/// Sliced Wasserstein-2 distance between samples.
#pragma once

#include <shockstep/comparison_result.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace shockstep {

/// Rows of samples seen along one direction.
struct Slice {
  std::vector<double> values;      // ascending
  std::vector<std::int64_t> rows;  // which row each is of
};

/// The distance to fixed rows, along fixed random directions: sqrt(mean over directions of W2^2) of the projections. Its standard
/// error is a jackknife's over blocks of rows of both sides; that of the directions, the same for all, is not part of it.
class SlicedWasserstein {
 public:
  /// `data`: [m, d] float64.
  explicit SlicedWasserstein(const at::Tensor& data);

  /// `samples`: [n, d] float64, n > 0.
  Estimate distance(const at::Tensor& samples) const;

 private:
  std::vector<Slice> slices(const at::Tensor& rows) const;

  at::Tensor directions_;  // [d, L], of unit length
  std::int64_t m_;
  std::vector<Slice> data_;  // of each direction
};

}  // namespace shockstep
