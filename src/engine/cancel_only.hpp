/// The observer of a run within a measurement, such as a pilot's.
#pragma once

#include <shockstep/error.hpp>
#include <shockstep/observer.hpp>

namespace shockstep {

/// The caller's, asked whether to cancel and nothing else; nullptr never cancels.
class CancelOnly final : public Observer {
 public:
  explicit CancelOnly(const Observer* caller) : caller_(caller) {}
  bool cancelled() const override { return caller_ && caller_->cancelled(); }

  /// What was measured of a cancelled run is nothing to go on with.
  void throw_if_cancelled() const {
    if (cancelled()) throw Cancelled("cancelled before the first trajectory");
  }

 private:
  const Observer* caller_;
};

}  // namespace shockstep
