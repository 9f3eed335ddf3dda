#include "cli/interrupt.hpp"

#include <atomic>
#include <csignal>

namespace shockstep::cli {
namespace {

std::atomic<bool> asked{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may touch no other kind

void handle(int) {
  asked = true;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

}  // namespace

void watch_interrupts() {
  struct sigaction action{};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;  // a write that the signal interrupts goes on instead of failing
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return asked; }

void interrupt() { asked = true; }

}  // namespace shockstep::cli
