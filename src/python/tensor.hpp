/// Tensors, arrays and lists from Python; Torch's own caster passes a tensor on without a copy.
#pragma once

#include <torch/csrc/utils/pybind.h>

#include <ATen/core/Tensor.h>

#include <shockstep/error.hpp>

#include <string>

namespace shockstep::python {

namespace py = pybind11;

/// An array of NumPy's, in whatever order of bytes and rows it lies, as float64. Needs the GIL. Throws ConfigError naming `key`.
inline py::object plain_array(const py::object& value, const char* key) {
  const auto numpy = py::module_::import("numpy");
  const py::object array = numpy.attr("asanyarray")(value);
  const auto kind = array.attr("dtype").attr("kind").cast<std::string>();
  if (kind == "c") throw ConfigError(key, "must be real numbers, got complex ones");
  if (std::string("biuf").find(kind) == std::string::npos)
    throw ConfigError(key, "must be numbers, got an array of " + py::str(array.attr("dtype")).cast<std::string>());
  if (numpy.attr("ma").attr("is_masked")(array).cast<bool>())
    throw ConfigError(key, "must be numbers, got an array with masked ones; fill them in");
  return numpy.attr("require")(array, numpy.attr("float64"), py::make_tuple("C", "W"));
}

/// Numbers as float64 on the CPU, contiguous; undefined for None. A float64 tensor that is so already is passed on as it is.
/// Needs the GIL. Throws ConfigError naming `key` for what is no array of real numbers.
inline at::Tensor tensor(const py::object& value, const char* key) {
  if (value.is_none()) return {};
  const auto torch = py::module_::import("torch");
  const bool is_tensor = py::isinstance(value, torch.attr("Tensor"));
  at::Tensor made;
  try {
    made = torch.attr("as_tensor")(!is_tensor && py::hasattr(value, "__array__") ? plain_array(value, key) : value)
               .cast<at::Tensor>();
    // Python's own numbers become float64 at once: as_tensor alone would round them to float32.
    if (!is_tensor && !made.is_complex() && made.scalar_type() != at::kDouble)
      made = torch.attr("as_tensor")(value, py::arg("dtype") = torch.attr("float64")).cast<at::Tensor>();
  } catch (const py::error_already_set&) {
    throw ConfigError(key,
                      "must be numbers, a tensor or an array, got " + py::str(py::type::of(value)).cast<std::string>());
  }
  if (made.is_complex()) throw ConfigError(key, "must be real numbers, got complex ones");
  if (made.layout() != at::kStrided || made.is_quantized() || made.is_meta() || made.is_nested())
    throw ConfigError(key, "must be a dense tensor of numbers");
  return made.detach().to(at::kCPU, at::kDouble).contiguous();
}

}  // namespace shockstep::python
