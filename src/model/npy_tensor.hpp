/// What a .npy file holds, as a tensor.
#pragma once

#include "core/npy.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>

namespace shockstep {

/// float64, whatever the file has.
inline at::Tensor npy_tensor(const NpyArray& file) {
  const at::Tensor out = at::empty(file.shape, at::kDouble);
  std::ranges::copy(file.values, out.mutable_data_ptr<double>());
  return out;
}

}  // namespace shockstep
