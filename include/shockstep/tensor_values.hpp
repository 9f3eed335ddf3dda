/// The numbers of a tensor.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace shockstep {

/// A tensor of any type and device as doubles in one piece of memory, without a gradient.
at::Tensor doubles(const at::Tensor& tensor);

/// The numbers of a float64 tensor in the order of its indices.
std::vector<double> values(const at::Tensor& tensor);

}  // namespace shockstep
