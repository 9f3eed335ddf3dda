/// Process: functions of time in Python.
#pragma once

#include <shockstep/process.hpp>

#include <pybind11/pybind11.h>

namespace shockstep::python {

namespace py = pybind11;

/// Made and asked with the GIL or without.
class OwnProcess {
 public:
  /// Throws ConfigError for a key that process_functions() refuses, by its name in Python; and what the callables raise.
  OwnProcess(const py::object& alpha, const py::object& sigma, const py::object& t_min, const py::object& t_max);

  const FunctionsOfTime& functions() const { return functions_; }
  const Process& process() const { return process_; }

 private:
  FunctionsOfTime functions_;
  Process process_;
};

void bind_process(py::module_& m);

}  // namespace shockstep::python
