#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace shockstep {

/// A tensor of any type and device as doubles in one piece of memory, without a gradient.
inline at::Tensor doubles(const at::Tensor& t) { return t.detach().to(at::kCPU, at::kDouble).contiguous(); }

/// The numbers of a float64 tensor in the order of its indices.
inline std::vector<double> values(const at::Tensor& tensor) {
  const at::Tensor t = tensor.contiguous();
  return {t.const_data_ptr<double>(), t.const_data_ptr<double>() + t.numel()};
}

}  // namespace shockstep
