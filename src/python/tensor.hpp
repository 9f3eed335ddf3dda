/// Tensors, arrays and lists from Python; Torch's own caster passes a tensor on without a copy.
#pragma once

#include <torch/csrc/utils/pybind.h>

#include <ATen/core/Tensor.h>

#include <shockstep/error.hpp>

#include <string>

namespace shockstep::python {

namespace py = pybind11;

/// Numbers as float64 on the CPU, contiguous; undefined for None. A float64 tensor that is so already is passed on as it is.
/// Needs the GIL. Throws ConfigError naming `key` for what is no array of real numbers.
inline at::Tensor tensor(const py::object& value, const char* key) {
  if (value.is_none()) return {};
  const auto torch = py::module_::import("torch");
  at::Tensor made;
  try {
    made = torch.attr("as_tensor")(value).cast<at::Tensor>();
  } catch (const py::error_already_set&) {
    throw ConfigError(key,
                      "must be numbers, a tensor or an array, got " + py::str(py::type::of(value)).cast<std::string>());
  }
  if (made.is_complex()) throw ConfigError(key, "must be real numbers, got complex ones");
  // Python's own numbers become float64 at once: as_tensor alone would round them to float32.
  const bool numbers = py::isinstance(value, torch.attr("Tensor")) || py::hasattr(value, "__array__");
  if (!numbers) made = torch.attr("as_tensor")(value, py::arg("dtype") = torch.attr("float64")).cast<at::Tensor>();
  return made.detach().to(at::kCPU, at::kDouble).contiguous();
}

}  // namespace shockstep::python
