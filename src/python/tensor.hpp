/// Tensors, arrays and lists from Python; Torch's own caster passes a tensor on without a copy.
#pragma once

#include <torch/csrc/utils/pybind.h>

#include <ATen/core/Tensor.h>

namespace shockstep::python {

namespace py = pybind11;

/// What torch.as_tensor makes of it, on the CPU and contiguous; undefined for None. Needs the GIL.
inline at::Tensor tensor(const py::object& value, at::ScalarType type = at::kDouble) {
  if (value.is_none()) return {};
  const auto made = py::module_::import("torch").attr("as_tensor")(value).cast<at::Tensor>();
  return made.detach().to(at::kCPU, type).contiguous();
}

}  // namespace shockstep::python
