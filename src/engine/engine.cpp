#include "engine/engine.hpp"

#include "controller/denoiser_check.hpp"

#include <shockstep/error.hpp>

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace shockstep {
namespace {

using Clock = std::chrono::steady_clock;
double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

/// What the workers share: the queue of trajectories and the place where finished ones go.
class Floor {
 public:
  Floor(const EngineRun& run, int workers) : run_(run), under_way_(static_cast<std::size_t>(workers)) {}

  /// The next trajectory that waits, or -1.
  std::int64_t next() {
    const auto i = next_.fetch_add(1, std::memory_order_relaxed);
    return i < run_.count ? run_.first + i : -1;
  }

  bool stopped() const {
    return stopped_.load(std::memory_order_relaxed) || (run_.observer && run_.observer->cancelled());
  }

  /// What is under way is given up.
  void stop() { stopped_ = true; }

  void finished(const Integration& trajectory) {
    const std::lock_guard lock(mutex_);
    const TrajectoryReport& r = trajectory.report();
    ++statistics_.count_by_status[static_cast<int>(r.status)];
    statistics_.evaluations += r.evaluations;
    statistics_.evaluations_max = std::max<std::int64_t>(statistics_.evaluations_max, r.evaluations);
    statistics_.probes += r.probes;
    statistics_.accepted += r.accepted;
    statistics_.rejected += r.rejected;
    statistics_.repeated += r.passes > 1;
    statistics_.events += static_cast<std::int64_t>(r.events.size());
    if (r.noise_limited > 0) {
      ++statistics_.noise_limited;
      statistics_.noise += r.noise;
      statistics_.noise_excess = std::max(statistics_.noise_excess, r.noise_excess);
    }
    if (std::isfinite(r.asymmetry2)) asymmetry2_ += r.asymmetry2, ++asymmetries_;
    if (r.status == Status::ok || r.status == Status::budget) {
      statistics_.blown_up += r.blown_up;
      if (!r.blown_up) statistics_.drift += r.drift, ++sound_;
    }
    if (r.status != Status::interrupted) ++done_;
    if (run_.finished) run_.finished(trajectory);
    if (run_.observer) run_.observer->finished(r, trajectory.sample());
  }

  /// Sum of the progress of a worker's rows; tells the observer now and then.
  void progress(std::size_t worker, double rows) {
    if (!run_.observer) return;
    under_way_[worker].store(rows, std::memory_order_relaxed);
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || Clock::now() - told_ < std::chrono::milliseconds(50)) return;
    told_ = Clock::now();
    double sum = static_cast<double>(done_);
    for (const auto& share : under_way_) sum += share.load(std::memory_order_relaxed);
    run_.observer->progress(std::min(1., sum / static_cast<double>(run_.count)));
  }

  /// One observer call at a time also for steps.
  std::mutex& mutex() { return mutex_; }

  /// A worker's exception ends the run; the first one is thrown to the caller.
  void broke(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    stopped_ = true;
  }

  void add_times(double model, double worker, std::int64_t calls, const std::string& failure) {
    const std::lock_guard lock(mutex_);
    statistics_.model_seconds += model;
    statistics_.worker_seconds += worker;
    statistics_.model_calls += calls;
    if (statistics_.first_failure.empty()) statistics_.first_failure = failure;
  }

  RunStatistics close() {
    if (error_) std::rethrow_exception(error_);
    if (statistics_.noise_limited > 0) statistics_.noise /= static_cast<double>(statistics_.noise_limited);
    if (asymmetries_ > 0) statistics_.asymmetry = std::sqrt(asymmetry2_ / static_cast<double>(asymmetries_));
    if (sound_ > 0) {
      statistics_.drift /= static_cast<double>(sound_);
      statistics_.drift_bound = largest_drift(static_cast<double>(sound_ * run_.model.dimension()));
    }
    return statistics_;
  }

 private:
  const EngineRun& run_;
  std::atomic<std::int64_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::deque<std::atomic<double>> under_way_;
  std::int64_t done_ = 0, sound_ = 0, asymmetries_ = 0;
  double asymmetry2_ = 0;
  Clock::time_point told_ = Clock::now();
  RunStatistics statistics_;
  std::exception_ptr error_;
};

/// Steps reach the observer one at a time.
class LockedSteps final : public Observer {
 public:
  LockedSteps(Observer& observer, std::mutex& mutex) : observer_(observer), mutex_(mutex) {}
  void step(const StepRecord& record) override {
    const std::lock_guard lock(mutex_);
    observer_.step(record);
  }

 private:
  Observer& observer_;
  std::mutex& mutex_;
};

/// One batch and the loop over it.
class Worker {
 public:
  Worker(const EngineRun& run, Floor& floor, std::size_t number, int rows)
      : run_(run), floor_(floor), number_(number), rows_(rows), d_(static_cast<std::size_t>(run.model.dimension())) {
    std::vector<std::int64_t> shape{rows};
    shape.insert(shape.end(), run.model.shape().begin(), run.model.shape().end());
    points_ = at::empty(shape, at::kDouble);
    sigmas_ = at::empty({rows}, at::kDouble);
    indices_ = at::empty({rows}, at::kLong);
    point_data_ = points_.mutable_data_ptr<double>();
    sigma_data_ = sigmas_.mutable_data_ptr<double>();
    index_data_ = indices_.mutable_data_ptr<std::int64_t>();
    answers_.resize(static_cast<std::size_t>(rows), nullptr);
    done_.resize(static_cast<std::size_t>(rows), false);
    if (run.observer) steps_ = std::make_unique<LockedSteps>(*run.observer, floor.mutex());

    const std::size_t each = integration_memory(run.settings, d_);
    memory_.resize(each * static_cast<std::size_t>(rows));
    for (int i = 0; i < rows; ++i)
      slots_.push_back(make_integration(run.settings, memory_.data() + each * static_cast<std::size_t>(i), d_));
    for (auto& slot : slots_) idle_.push_back(slot.get());
  }

  void work() {
    const auto begin = Clock::now();
    while (!floor_.stopped()) {
      refill();
      if (active_.empty()) break;
      for_rows([&](std::size_t j) {
        sigma(j) = active_[j]->request(point(j));
        index_data_[j] = active_[j]->report().trajectory;
      });
      try {
        evaluate();
      } catch (const Cancelled&) {  // the model's own wish, as an observer's
        floor_.stop();
        break;
      }
      digest();
    }
    for (Integration* t : active_) {
      t->abandon(Status::interrupted);
      floor_.finished(*t);
    }
    floor_.add_times(model_seconds_, seconds(Clock::now() - begin), calls_, failure_);
  }

 private:
  std::span<double> point(std::size_t j) { return {point_data_ + j * d_, d_}; }
  double& sigma(std::size_t j) { return sigma_data_[j]; }

  void refill() {
    while (!idle_.empty()) {
      const std::int64_t index = floor_.next();
      if (index < 0) return;
      Integration* t = idle_.back();
      idle_.pop_back();
      t->start(index, run_.observer && run_.observer->wants_steps(index) ? steps_.get() : nullptr);
      active_.push_back(t);
    }
  }

  /// Rows are independent of each other. Threads are those of Torch: one for an exact model, whose workers run side by side.
  template <class F>
  void for_rows(F&& f) {
    at::parallel_for(0, static_cast<std::int64_t>(active_.size()), 32, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t j = begin; j < end; ++j) f(static_cast<std::size_t>(j));
    });
  }

  void digest() {
    for_rows([&](std::size_t j) {
      if (answers_[j])
        done_[j] = active_[j]->receive(point(j), {answers_[j], d_});
      else
        active_[j]->abandon(Status::failed), done_[j] = true;
    });
    std::size_t kept = 0;
    double progress = 0;
    for (std::size_t j = 0; j < active_.size(); ++j) {
      Integration* t = active_[j];
      if (done_[j]) {
        floor_.finished(*t);
        idle_.push_back(t);
      } else {
        progress += t->progress();
        active_[kept++] = t;
      }
    }
    active_.resize(kept);
    floor_.progress(number_, progress);
  }

  /// Calls the model on the rows in flight. If it throws, each row is tried alone: only those to blame fail.
  void evaluate() {
    const std::size_t n = active_.size();
    const auto begin = Clock::now();
    try {
      answer_ = call(n);
      const double* D = answer_.const_data_ptr<double>();
      for (std::size_t j = 0; j < n; ++j) answers_[j] = D + j * d_;
    } catch (const ModelError&) {
      throw;
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception& error) {
      if (failure_.empty()) failure_ = first_line(error);
      evaluate_alone(n);
    }
    model_seconds_ += seconds(Clock::now() - begin);
  }

  void evaluate_alone(std::size_t n) {
    const at::Tensor points = points_.clone(), sigmas = sigmas_.clone(), indices = indices_.clone();
    alone_.resize(n * d_);
    for (std::size_t j = 0; j < n; ++j) {
      std::copy_n(points.const_data_ptr<double>() + j * d_, d_, point(0).begin());
      sigma(0) = sigmas.const_data_ptr<double>()[j];
      index_data_[0] = indices.const_data_ptr<std::int64_t>()[j];
      answers_[j] = nullptr;
      try {
        const at::Tensor D = call(1);
        std::copy_n(D.const_data_ptr<double>(), d_, alone_.data() + j * d_);
        answers_[j] = alone_.data() + j * d_;
      } catch (const ModelError&) {
        throw;
      } catch (const Cancelled&) {
        throw;
      } catch (const std::exception&) {  // this row fails; its reason is that of the batch
      }
    }
    points_.copy_(points);
    sigmas_.copy_(sigmas);
    indices_.copy_(indices);
  }

  /// D of the first n rows. A network always sees the same number of rows, since matrix products differ in their last
  /// bits with the size of the batch; the rows beyond n repeat the first.
  at::Tensor call(std::size_t n) {
    std::int64_t rows = static_cast<std::int64_t>(n);
    if (!run_.model.exact()) {
      for (std::size_t j = n; j < static_cast<std::size_t>(rows_); ++j) {
        std::copy_n(point(0).begin(), d_, point(j).begin());
        sigma(j) = sigma(0);
        index_data_[j] = index_data_[0];
      }
      rows = rows_;
    }
    ++calls_;
    const at::Tensor x = points_.narrow(0, 0, rows);
    at::Tensor D = run_.model.denoise_rows(x, sigmas_.narrow(0, 0, rows), indices_.narrow(0, 0, rows));
    if (!D.defined() || D.sizes() != x.sizes() || D.scalar_type() != at::kDouble || !D.device().is_cpu())
      throw ModelError(
          "the model must return a float64 tensor on the CPU of the shape of its input" +
          (D.defined() ? ", got " + D.toString() + " of " + std::to_string(D.numel()) + " values" : std::string()));
    return D.contiguous();
  }

  static std::string first_line(const std::exception& error) {
    const auto* c10_error = dynamic_cast<const c10::Error*>(&error);
    const std::string text = c10_error ? c10_error->what_without_backtrace() : error.what();
    return text.substr(0, text.find('\n'));
  }

  const EngineRun& run_;
  Floor& floor_;
  std::size_t number_;
  int rows_;
  std::size_t d_;
  at::Tensor points_, sigmas_, indices_, answer_;  // indices_: the trajectory of each row
  double *point_data_ = nullptr, *sigma_data_ = nullptr;
  std::int64_t* index_data_ = nullptr;
  std::vector<const double*> answers_;  // per row of the batch; null: the model threw for it
  std::vector<char> done_;              // per row of the batch; no vector<bool>: threads write side by side
  std::vector<double> alone_, memory_;
  std::vector<std::unique_ptr<Integration>> slots_;
  std::vector<Integration*> idle_, active_;
  std::unique_ptr<LockedSteps> steps_;
  double model_seconds_ = 0;
  std::int64_t calls_ = 0;
  std::string failure_;
};

/// Torch's number of threads is set for the run and put back after it.
class TorchThreads {
 public:
  explicit TorchThreads(int threads) : before_(at::get_num_threads()) { at::set_num_threads(threads); }
  ~TorchThreads() { at::set_num_threads(before_); }
  TorchThreads(const TorchThreads&) = delete;

 private:
  int before_;
};

}  // namespace

RunStatistics run_engine(const EngineRun& run) {
  const auto begin = Clock::now();
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const bool exact = run.model.exact();
  const int threads = run.threads > 0 ? run.threads : exact ? cores : at::get_num_threads();
  const auto most = static_cast<int>(std::min<std::int64_t>(run.batch, run.count));
  const auto useful = std::max<std::int64_t>(1, run.count / 64);
  const int workers = exact ? static_cast<int>(std::min<std::int64_t>(threads, useful)) : 1;
  Floor floor(run, workers);

  const auto work = [&](std::size_t number) {
    try {
      const TorchThreads one_or_all(exact ? 1 : threads);
      Worker(run, floor, number, exact ? most : run.batch).work();
    } catch (...) {
      floor.broke(std::current_exception());
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < workers; ++i) others.emplace_back(work, static_cast<std::size_t>(i));
  work(0);
  for (auto& thread : others) thread.join();

  RunStatistics statistics = floor.close();
  statistics.wall_seconds = seconds(Clock::now() - begin);
  return statistics;
}

}  // namespace shockstep
