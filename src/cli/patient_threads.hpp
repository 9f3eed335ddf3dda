/// How long threads of Torch spin while they wait for each other: as the machine allows.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

namespace shockstep::cli {

/// OpenMP's threads spin for milliseconds at the end of every loop, which is quickest where each has a core of its own. Where others
/// want the cores, too, each such wait costs a time slice, and a run takes ten times as long as on one thread. As long as this lives, it
/// looks how long the threads of this process wait for a core, and where that is a tenth of the time or more lets them sleep instead.
/// Results do not depend on it. Does nothing where OMP_WAIT_POLICY or GOMP_SPINCOUNT is set, or the OpenMP is not GCC's.
class PatientThreads {
 public:
  PatientThreads();
  ~PatientThreads();
  PatientThreads(const PatientThreads&) = delete;

 private:
  class Crowd;

  void watch();

  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread watcher_;
};

}  // namespace shockstep::cli
