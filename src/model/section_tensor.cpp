#include "model/section_tensor.hpp"

#include "core/section_npy.hpp"
#include "model/npy_tensor.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace shockstep {

at::Tensor section_tensor(Section& section, const std::string& key) {
  if (section.is_text(key)) return npy_tensor(section_npy(section, key));
  const auto [shape, values] = section.array(key);
  const auto out = at::empty(shape, at::kDouble);
  std::ranges::copy(values, out.mutable_data_ptr<double>());
  return out;
}

}  // namespace shockstep
