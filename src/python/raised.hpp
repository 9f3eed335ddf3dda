/// Python's exceptions on their way through the engine.
#pragma once

#include <shockstep/error.hpp>

#include <pybind11/pybind11.h>

#include <memory>
#include <string>

namespace shockstep::python {

namespace py = pybind11;

/// What a callable of the user's raised. The engine ends the run, as for any ModelError, and Python gets back what it raised.
class Raised final : public ModelError {
 public:
  explicit Raised(py::error_already_set& error)
      : ModelError(error.what()), error_(std::make_shared<py::error_already_set>(std::move(error))) {}

  /// Makes it Python's current exception. Needs the GIL.
  void restore() const { error_->restore(); }

 private:
  std::shared_ptr<py::error_already_set> error_;  // exceptions are copied
};

/// Ctrl-C arrives as KeyboardInterrupt in the main thread, wherever Python happens to run: in the user's callable, or where
/// an observer asks for it. Either way the run that this thread is in ends, and what is done is kept.
bool& keyboard_interrupt();  // of this thread

/// Python's current exception, as a Cancelled or a Raised. Needs the GIL.
[[noreturn]] void throw_raised(py::error_already_set& error);

}  // namespace shockstep::python
