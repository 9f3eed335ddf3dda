#include "cli/patient_threads.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>

namespace shockstep::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto interval = 50ms;
constexpr double busy = .1, idle = .02;  // seconds in the queue a second, of all threads together
constexpr int calm_intervals = 10;       // below `idle` before threads spin again

using Parallel = void (*)(void (*)(void*), void*, unsigned threads, unsigned flags);

Parallel gomp_parallel() { return reinterpret_cast<Parallel>(::dlsym(RTLD_DEFAULT, "GOMP_parallel")); }

/// Seconds that the threads of this process have waited for a core, each since it began: Linux' schedstat, second column.
double queued() {
  double sum = 0;
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), &::closedir);
  while (const dirent* task = tasks ? ::readdir(tasks.get()) : nullptr) {
    const std::string path = std::string("/proc/self/task/") + task->d_name + "/schedstat";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"), &std::fclose);
    double ran = 0, waited = 0;
    if (file && std::fscanf(file.get(), "%lf %lf", &ran, &waited) == 2) sum += waited;
  }
  return 1e-9 * sum;
}

}  // namespace

/// Threads of OpenMP that do nothing, one more than there are cores: with more threads than cores GCC's OpenMP spins a thousandth of
/// the time (libgomp's gomp_throttled_spin_count_var), in every other team, too.
class PatientThreads::Crowd {
 public:
  explicit Crowd(Parallel parallel)
      : thread_([parallel, end = end_.get_future()] {
          const long cores = ::sysconf(_SC_NPROCESSORS_ONLN);
          parallel([](void*) {}, nullptr, static_cast<unsigned>(cores + 1), 0);
          end.wait();
        }) {}
  ~Crowd() {
    end_.set_value();
    thread_.join();  // and with it its team
  }
  Crowd(const Crowd&) = delete;

 private:
  std::promise<void> end_;
  std::thread thread_;
};

PatientThreads::PatientThreads() {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT") || !gomp_parallel()) return;
  watcher_ = std::thread([this] { watch(); });
}

PatientThreads::~PatientThreads() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_one();
  if (watcher_.joinable()) watcher_.join();
}

void PatientThreads::watch() {
  std::optional<Crowd> crowd;
  double before = queued();
  auto then = Clock::now();
  int calm = 0;
  for (std::unique_lock lock(mutex_); !wake_.wait_for(lock, interval, [this] { return ended_; });) {
    const double now = queued();
    const auto at = Clock::now();
    const double share = (now - before) / std::chrono::duration<double>(at - then).count();
    before = now, then = at;
    calm = share < idle ? calm + 1 : 0;
    if (!crowd && share > busy) crowd.emplace(gomp_parallel());
    if (crowd && calm >= calm_intervals) crowd.reset();
  }
}

}  // namespace shockstep::cli
