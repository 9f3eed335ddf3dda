#include "python/raised.hpp"

namespace shockstep::python {

bool& keyboard_interrupt() {
  static thread_local bool seen = false;
  return seen;
}

void throw_raised(py::error_already_set& error) {
  if (!error.matches(PyExc_KeyboardInterrupt)) throw Raised(error);
  keyboard_interrupt() = true;
  throw Cancelled("interrupted");
}

}  // namespace shockstep::python
