/// Ctrl-C: the first one asks the run to stop and keep what is done, the second one kills.
#pragma once

namespace shockstep::cli {

/// Takes SIGINT and SIGTERM over.
void watch_interrupts();
bool interrupted();

}  // namespace shockstep::cli
