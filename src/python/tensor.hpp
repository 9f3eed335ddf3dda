/// Tensors, arrays and lists from Python; Torch's own caster passes a tensor on without a copy.
#pragma once

#include <torch/csrc/utils/pybind.h>

#include <ATen/core/Tensor.h>

namespace shockstep::python {

namespace py = pybind11;

/// Numbers as float64 on the CPU, contiguous; undefined for None. A float64 tensor that is so already is passed on as it is.
/// Needs the GIL.
inline at::Tensor tensor(const py::object& value) {
  if (value.is_none()) return {};
  const auto torch = py::module_::import("torch");
  const auto made = torch.attr("as_tensor")(value, py::arg("dtype") = torch.attr("float64")).cast<at::Tensor>();
  return made.detach().cpu().contiguous();
}

}  // namespace shockstep::python
