/// Work without Python's lock, the GIL, which ends before the interpreter does.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>

namespace shockstep::python {

namespace py = pybind11;

/// For as long as it lives the GIL is free for others. An interpreter that ends kills the threads that then ask for it, and a thread
/// dies in C++ as a terminate() of the process: so close() waits for all of these, whose observers have them cancelled, and they
/// never ask for it again (as from Python 3.14 on no thread does).
class Unlocked {
 public:
  /// Needs the GIL. Throws Cancelled in the thread that ends the interpreter.
  Unlocked();
  ~Unlocked();
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

  /// Whether close() was called.
  static bool closing();
  /// Ends what other threads have begun, and waits for it, seconds at most: a callable may never return. Needs the GIL.
  static void close();

 private:
  static void leave_if_ending();

  std::optional<pybind11::gil_scoped_release> released_;
};

}  // namespace shockstep::python
