/// Progress bar and Ctrl-C, for whatever a command runs.
#pragma once

#include <shockstep/observer.hpp>

#include "cli/interrupt.hpp"
#include "cli/progress.hpp"

namespace shockstep::cli {

class ProgressObserver : public InterruptObserver {
 public:
  explicit ProgressObserver(Progress& progress) : progress_(progress) {}

  void finished(const TrajectoryReport& report, std::span<const double> /*sample*/) override {
    progress_.finished(report.evaluations);
  }
  void progress(double share) override { progress_.share(share); }

 private:
  Progress& progress_;
};

}  // namespace shockstep::cli
