#include "cli/time_limit.hpp"

#include "cli/interrupt.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace shockstep::cli {

double grace(double limit) { return std::clamp(limit / 10, 2., 60.); }

TimeLimit::TimeLimit(double seconds, std::string sentence) {
  if (seconds > 0) thread_ = std::thread([this, seconds, text = std::move(sentence)] { watch(seconds, text); });
}

void TimeLimit::release() {
  {
    const std::lock_guard lock(mutex_);
    released_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TimeLimit::watch(double seconds, const std::string& sentence) {
  const auto released_within = [this](double time) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, std::chrono::duration<double>(time), [this] { return released_; });
  };
  if (released_within(seconds)) return;
  interrupt();
  if (released_within(grace(seconds))) return;
  log::error(sentence);
  log::close();
  std::_Exit(130);  // a thread hangs in the model: nothing that waits for it may run
}

}  // namespace shockstep::cli
