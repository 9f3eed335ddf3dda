/// --time-limit: asks a run to end in time, and kills it if a model call never returns.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace shockstep::cli {

/// Seconds between asking a run to end and killing it: a tenth of the limit, from 2 to 60.
double grace(double limit);

class TimeLimit {
 public:
  /// Interrupts after so many seconds from now, as Ctrl-C does; 0: never. Where release() or the destructor is not reached
  /// within grace(limit) after that, logs `sentence` as an error and ends the process with exit code 130.
  TimeLimit(double seconds, std::string sentence);
  ~TimeLimit() { release(); }
  TimeLimit(const TimeLimit&) = delete;

  void release();

 private:
  void watch(double seconds, const std::string& sentence);

  std::mutex mutex_;
  std::condition_variable wake_;
  bool released_ = false;
  std::thread thread_;
};

}  // namespace shockstep::cli
