/// Ctrl-C and SIGTERM: the first one asks the run to stop and keep what is done, the second one kills.
#pragma once

#include <shockstep/observer.hpp>

namespace shockstep::cli {

/// Takes SIGINT and SIGTERM over.
void watch_interrupts();
bool interrupted();
/// As a first Ctrl-C.
void interrupt();

/// An observer that cancels on Ctrl-C and does nothing else, for what is measured before a run.
class InterruptObserver : public Observer {
 public:
  bool cancelled() const override { return interrupted(); }
};

}  // namespace shockstep::cli
