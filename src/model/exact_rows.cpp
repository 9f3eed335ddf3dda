#include "model/exact_rows.hpp"

#include "core/shape_text.hpp"

#include <shockstep/error.hpp>
#include <shockstep/tensor_values.hpp>

namespace shockstep {

ExactRows exact_rows(const std::string& kind, const at::Tensor& x, const at::Tensor& sigma,
                     const std::vector<std::int64_t>& shape) {
  if (x.dim() < 1 || x.sizes().slice(1) != at::IntArrayRef(shape))
    throw ModelError(kind + ": x has shape " + shape_text(x.sizes()) + ", expected [B, " + shape_text(shape).substr(1));
  const auto B = x.size(0);
  if (sigma.numel() != 1 && (sigma.dim() != 1 || sigma.size(0) != B))
    throw ModelError(kind + ": sigma has shape " + shape_text(sigma.sizes()) + ", expected [" + std::to_string(B) +
                     "]");
  std::int64_t d = 1;
  for (auto n : shape) d *= n;
  return {doubles(x).reshape({B, d}), doubles(sigma).reshape({-1}).expand({B}).contiguous()};
}

}  // namespace shockstep
