/// The observer of a run within a measurement, such as a pilot's.
#pragma once

#include <shockstep/error.hpp>
#include <shockstep/observer.hpp>

namespace shockstep {

/// Passes on cancelled() of the caller's observer and nothing else; without one it never cancels.
class CancelOnly final : public Observer {
 public:
  explicit CancelOnly(const Observer* caller) : caller_(caller) {}
  bool cancelled() const override { return caller_ && caller_->cancelled(); }

  /// Throws Cancelled if the run was cancelled: what was measured so far is not to be used.
  void throw_if_cancelled() const {
    if (cancelled()) throw Cancelled("cancelled before the first trajectory");
  }

 private:
  const Observer* caller_;
};

}  // namespace shockstep
