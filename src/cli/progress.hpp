/// The progress bar. Adaptive trajectories have no number of steps; the share of the work is measured in ln sigma.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace shockstep::cli {

class Progress {
 public:
  /// Shows nothing unless stderr is a terminal.
  Progress(std::int64_t count, bool wanted);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void finished(int evaluations) { ++done_, evaluations_ += evaluations; }
  /// Redraws, at most ten times a second.
  void share(double share);

 private:
  using Clock = std::chrono::steady_clock;

  std::int64_t count_, done_ = 0, evaluations_ = 0;
  bool shown_;
  Clock::time_point begin_ = Clock::now(), drawn_{};
};

/// The line itself, `width` columns at most.
std::string progress_line(double share, std::int64_t done, std::int64_t count, double evaluations_mean, double seconds,
                          int width);

}  // namespace shockstep::cli
