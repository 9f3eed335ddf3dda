/// What exact models demand of the rows they are given.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace shockstep {

struct ExactRows {
  at::Tensor x;      // [B, d] float64 on the CPU, contiguous
  at::Tensor sigma;  // [B] float64
};

/// Throws ModelError, which begins with `kind`, unless x is [B, *shape] and sigma [B] or one number.
ExactRows exact_rows(const std::string& kind, const at::Tensor& x, const at::Tensor& sigma,
                     const std::vector<std::int64_t>& shape);

}  // namespace shockstep
