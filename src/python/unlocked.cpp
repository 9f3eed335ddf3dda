#include "python/unlocked.hpp"

#include <shockstep/error.hpp>

#include <atomic>
#include <chrono>
#include <thread>

namespace shockstep::python {
namespace {

std::atomic<bool> ending{false};
std::atomic<std::thread::id> ends;  // the thread that called close()
std::atomic<int> at_work{0};
thread_local int depth = 0;  // a model that is called without the GIL may call the library again
constexpr auto longest_wait = std::chrono::seconds(10);

/// For a thread that must not go back to an interpreter which ends: the process takes it with it.
[[noreturn]] void rest() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

}  // namespace

Unlocked::Unlocked() {
  if (ending && (depth > 0 || ends.load() == std::this_thread::get_id()))
    throw Cancelled("the interpreter is about to end");
  ++at_work;
  ++depth;
  released_.emplace();
  leave_if_ending();
}

Unlocked::~Unlocked() {
  leave_if_ending();
  released_.reset();  // takes the GIL back
  --depth;
  --at_work;
}

void Unlocked::leave_if_ending() {
  if (!ending || depth > 1) return;  // the outer one is waited for
  --at_work;
  rest();
}

bool Unlocked::closing() { return ending; }

void Unlocked::close() {
  ends = std::this_thread::get_id();
  ending = true;
  const auto until = std::chrono::steady_clock::now() + longest_wait;
  const py::gil_scoped_release released;
  while (at_work > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace shockstep::python
