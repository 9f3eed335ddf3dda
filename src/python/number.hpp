/// Numbers from Python, of whatever library.
#pragma once

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <pybind11/pybind11.h>

#include <cstdint>
#include <limits>
#include <string>

namespace shockstep::python {

namespace py = pybind11;

/// In one short line.
inline std::string shown(const py::object& value) { return printable(py::repr(value).cast<std::string>(), 60); }

/// A float, int, or what else becomes a float, such as a number of NumPy's or a tensor of one. Needs the GIL. Throws ConfigError naming
/// `key` for anything else, a bool among it.
inline double number(const py::object& value, const char* key) {
  const double out = PyBool_Check(value.ptr()) != 0 ? -1 : PyFloat_AsDouble(value.ptr());
  const bool failed = PyErr_Occurred() != nullptr;
  PyErr_Clear();
  if (failed || PyBool_Check(value.ptr()) != 0) throw ConfigError(key, "must be a number, got " + shown(value));
  return out;
}

/// The same of a whole number, which 2.0 is, too.
inline std::int64_t whole(const py::object& value, const char* key,
                          std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                          std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
  const double rounded = number(value, key);
  const py::object exact = py::reinterpret_steal<py::object>(PyNumber_Long(value.ptr()));
  const long long out = exact ? PyLong_AsLongLong(exact.ptr()) : -1;
  const bool failed = PyErr_Occurred() != nullptr;  // too long, NaN or infinity
  PyErr_Clear();
  if (!failed && static_cast<double>(out) != rounded)
    throw ConfigError(key, "must be a whole number, got " + shown(value));
  if (failed || out < least || out > most)
    throw ConfigError(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                               ", got " + shown(value));
  return out;
}

}  // namespace shockstep::python
