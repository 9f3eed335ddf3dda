#include "engine/engine.hpp"

#include "core/open_work.hpp"
#include "core/run_tally.hpp"

#include <shockstep/error.hpp>
#include <shockstep/torch_threads.hpp>

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
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace shockstep {
namespace {

using Clock = std::chrono::steady_clock;
double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

/// What the workers share: the queue of trajectories and the place where finished ones go.
class Floor {
 public:
  Floor(const EngineRun& run, WorkSource& work, int workers)
      : run_(run), work_(work), under_way_(static_cast<std::size_t>(workers)) {}

  std::optional<std::int64_t> next() { return work_.next(); }

  bool stopped() const {
    return stopped_.load(std::memory_order_relaxed) || (run_.observer && run_.observer->cancelled());
  }

  /// What is under way is given up.
  void stop() { stopped_ = true; }

  void finished(const Integration& trajectory) {
    const std::lock_guard lock(mutex_);
    const TrajectoryReport& r = trajectory.report();
    tally_.add(r);
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
    double sum = static_cast<double>(tally_.done());
    for (const auto& share : under_way_) sum += share.load(std::memory_order_relaxed);
    run_.observer->progress(std::min(1., sum / static_cast<double>(std::max<std::int64_t>(1, work_.count()))));
  }

  /// One observer call at a time also for steps.
  std::mutex& mutex() { return mutex_; }

  /// A worker's exception ends the run; the first one is thrown to the caller.
  void broke(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    stopped_ = true;
  }

  /// A model ran out of memory and gets so many rows a call now.
  void reduced(int rows) {
    const std::lock_guard lock(mutex_);
    cost_.reduced_batch = cost_.reduced_batch == 0 ? rows : std::min(cost_.reduced_batch, rows);
  }

  void add(const RunStatistics& cost) {
    const std::lock_guard lock(mutex_);
    cost_.add_cost(cost);
  }

  RunStatistics close() {
    if (error_) std::rethrow_exception(error_);
    RunStatistics statistics = tally_.statistics(run_.model.dimension());
    statistics.add_cost(cost_);
    return statistics;
  }

 private:
  const EngineRun& run_;
  WorkSource& work_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::deque<std::atomic<double>> under_way_;
  RunTally tally_;
  Clock::time_point told_ = Clock::now();
  RunStatistics cost_;
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

/// Of whatever allocator; TorchScript passes on the sentence alone.
bool out_of_memory(const std::exception& error) {
  const std::string_view text = error.what();
  return dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error) ||
         text.find("out of memory") != text.npos || text.find("can't allocate memory") != text.npos;
}

/// One batch and the loop over it.
class Worker {
 public:
  Worker(const EngineRun& run, Floor& floor, std::size_t number, int rows)
      : run_(run),
        floor_(floor),
        number_(number),
        rows_(rows),
        capacity_(rows),
        d_(static_cast<std::size_t>(run.model.dimension())) {
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
    cost_.worker_seconds = seconds(Clock::now() - begin);
    floor_.add(cost_);
  }

 private:
  std::span<double> point(std::size_t j) { return {point_data_ + j * d_, d_}; }
  double& sigma(std::size_t j) { return sigma_data_[j]; }

  void refill() {
    while (!idle_.empty()) {
      const auto index = floor_.next();
      if (!index) return;
      Integration* t = idle_.back();
      idle_.pop_back();
      t->start(*index, run_.observer && run_.observer->wants_steps(*index) ? steps_.get() : nullptr);
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

  /// Calls the model on the rows in flight. If it throws, each row is tried alone: only those to blame fail. If it is out of
  /// memory, it gets fewer rows a call, from there on.
  void evaluate() {
    const auto begin = Clock::now();
    for (bool done = false; !done;) {
      try {
        evaluate_together(active_.size());
        done = true;
      } catch (const ModelError&) {
        throw;
      } catch (const Cancelled&) {
        throw;
      } catch (const std::exception& error) {
        if (out_of_memory(error)) {
          halve();
          continue;
        }
        if (cost_.first_failure.empty()) cost_.first_failure = first_line(error);
        evaluate_alone(active_.size());
        done = true;
      }
    }
    cost_.model_seconds += seconds(Clock::now() - begin);
  }

  void evaluate_together(std::size_t n) {
    pad(n);
    parts_.clear();
    const auto each = static_cast<std::size_t>(capacity_);
    for (std::size_t begin = 0; begin < n; begin += each) {
      // A network's last call reaches back: it has as many rows as the others.
      const std::size_t from = exact() ? begin : std::min(begin, static_cast<std::size_t>(rows_) - each);
      const double* D = parts_.emplace_back(call(from, std::min(each, n - from))).const_data_ptr<double>();
      const std::size_t end = std::min(begin + each, n);
      for (std::size_t j = begin; j < end; ++j) answers_[j] = D + (j - from) * d_;
      cost_.model_rows += static_cast<std::int64_t>(end - begin);
    }
  }

  void evaluate_alone(std::size_t n) {
    const at::Tensor points = points_.clone(), sigmas = sigmas_.clone(), indices = indices_.clone();
    alone_.resize(n * d_);
    for (std::size_t j = 0; j < n; ++j) {
      std::copy_n(points.const_data_ptr<double>() + j * d_, d_, point(0).begin());
      sigma(0) = sigmas.const_data_ptr<double>()[j];
      index_data_[0] = indices.const_data_ptr<std::int64_t>()[j];
      pad(1);
      answers_[j] = nullptr;
      try {
        const at::Tensor D = call(0, 1);
        ++cost_.model_rows;
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

  bool exact() const { return run_.model.exact(); }

  /// A network always sees the same number of rows, since matrix products differ in their last bits with the size of the
  /// batch; the rows beyond n repeat the first.
  void pad(std::size_t n) {
    if (exact()) return;
    for (std::size_t j = n; j < static_cast<std::size_t>(rows_); ++j) {
      std::copy_n(point(0).begin(), d_, point(j).begin());
      sigma(j) = sigma(0);
      index_data_[j] = index_data_[0];
    }
  }

  /// D of n rows, and for a network of those that fill the call.
  at::Tensor call(std::size_t from, std::size_t n) {
    const auto first = static_cast<std::int64_t>(from);
    const std::int64_t rows = exact() ? static_cast<std::int64_t>(n) : capacity_;
    ++cost_.model_calls;
    cost_.model_capacity += capacity_;
    const at::Tensor x = points_.narrow(0, first, rows);
    at::Tensor D = run_.model.denoise_rows(x, sigmas_.narrow(0, first, rows), indices_.narrow(0, first, rows));
    if (!D.defined() || D.sizes() != x.sizes() || D.scalar_type() != at::kDouble || !D.device().is_cpu())
      throw ModelError(
          "the model must return a float64 tensor on the CPU of the shape of its input" +
          (D.defined() ? ", got " + D.toString() + " of " + std::to_string(D.numel()) + " values" : std::string()));
    return D.contiguous();
  }

  void halve() {
    if (capacity_ == 1)
      throw ModelError("out of memory with a single row in a model call; the model needs more than this machine has");
    capacity_ = (capacity_ + 1) / 2;
    floor_.reduced(capacity_);
  }

  static std::string first_line(const std::exception& error) {
    const auto* c10_error = dynamic_cast<const c10::Error*>(&error);
    const std::string text = c10_error ? c10_error->what_without_backtrace() : error.what();
    return text.substr(0, text.find('\n'));
  }

  const EngineRun& run_;
  Floor& floor_;
  std::size_t number_;
  int rows_, capacity_;  // of the batch, of one model call
  std::size_t d_;
  at::Tensor points_, sigmas_, indices_;  // indices_: the trajectory of each row
  std::vector<at::Tensor> parts_;         // the model's answers, one a call
  double *point_data_ = nullptr, *sigma_data_ = nullptr;
  std::int64_t* index_data_ = nullptr;
  std::vector<const double*> answers_;  // per row of the batch; null: the model threw for it
  std::vector<char> done_;              // per row of the batch; no vector<bool>: threads write side by side
  std::vector<double> alone_, memory_;
  std::vector<std::unique_ptr<Integration>> slots_;
  std::vector<Integration*> idle_, active_;
  std::unique_ptr<LockedSteps> steps_;
  RunStatistics cost_;  // times, calls, first failure
};

}  // namespace

RunStatistics run_engine(const EngineRun& run) {
  const auto begin = Clock::now();
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const bool exact = run.model.exact();
  const int threads = run.threads > 0 ? run.threads : exact ? cores : at::get_num_threads();
  OpenWork all(run.first, run.count);
  WorkSource& work = run.work ? *run.work : all;
  const auto useful = std::max<std::int64_t>(1, work.count() / 64);
  const int workers = exact ? static_cast<int>(std::min<std::int64_t>(threads, useful)) : 1;
  // No worker may take, and no rank, what others could begin with.
  const auto share = static_cast<int>(std::clamp<std::int64_t>((work.count() + workers - 1) / workers, 1, run.batch));
  Floor floor(run, work, workers);

  const auto shift = [&](std::size_t number) {
    try {
      const TorchThreads one_or_all(exact ? 1 : threads);
      Worker(run, floor, number, exact ? share : run.batch).work();
    } catch (...) {
      floor.broke(std::current_exception());
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < workers; ++i) others.emplace_back(shift, static_cast<std::size_t>(i));
  shift(0);
  for (auto& thread : others) thread.join();

  RunStatistics statistics = floor.close();
  statistics.wall_seconds = seconds(Clock::now() - begin);
  return statistics;
}

}  // namespace shockstep
