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
  /// Says that what is finished so far was done by an earlier run: the speed is measured from here on.
  void begin() { before_ = done_, begin_ = Clock::now(); }
  /// Of the trajectories that this run has to do. Redraws, at most ten times a second.
  void share(double share);

 private:
  using Clock = std::chrono::steady_clock;

  std::int64_t count_, done_ = 0, before_ = 0, evaluations_ = 0;
  bool shown_;
  Clock::time_point begin_ = Clock::now(), drawn_{};
};

/// What the line says.
struct ProgressState {
  double share = 0;           ///< of all the work, 0 to 1
  double share_before = 0;    ///< of all the work, what was done when the clock started
  std::int64_t done = 0;      ///< trajectories
  std::int64_t done_now = 0;  ///< trajectories done since the clock started
  std::int64_t count = 0;     ///< wanted
  double evaluations = 0;     ///< mean of those done
  double seconds = 0;         ///< since the clock started
};
/// The line itself, `width` columns at most.
std::string progress_line(const ProgressState& state, int width);

}  // namespace shockstep::cli
