#include "model/section_tensor.hpp"

#include "core/npy.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace shockstep {

at::Tensor section_tensor(Section& section, const std::string& key) {
  auto [shape, values] = section.is_text(key) ? [&] {
    auto file = read_npy(section.path(key));
    return Section::Array{std::move(file.shape), std::move(file.values)};
  }()
                                              : section.array(key);
  auto out = at::empty(shape, at::kDouble);
  std::ranges::copy(values, out.mutable_data_ptr<double>());
  return out;
}

}  // namespace shockstep
