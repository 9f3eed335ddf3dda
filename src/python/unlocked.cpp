#include "python/unlocked.hpp"

#include <shockstep/error.hpp>

#include <atomic>
#include <chrono>
#include <thread>

namespace shockstep::python {
namespace {

std::atomic<bool> ending{false};
std::atomic<int> at_work{0};
constexpr auto longest_wait = std::chrono::seconds(10);

}  // namespace

Unlocked::Unlocked() {
  if (ending) throw Cancelled("the interpreter is about to end");
  ++at_work;
  released_.emplace();
}

Unlocked::~Unlocked() {
  released_.reset();  // takes the GIL back
  --at_work;
}

bool Unlocked::closing() { return ending; }

void Unlocked::close() {
  ending = true;
  const auto until = std::chrono::steady_clock::now() + longest_wait;
  const py::gil_scoped_release released;
  while (at_work > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace shockstep::python
