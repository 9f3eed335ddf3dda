#include "engine/engine.hpp"

#include <shockstep/batched_model.hpp>
#include <shockstep/error.hpp>
#include <shockstep/torch_threads.hpp>

#include "core/open_work.hpp"
#include "core/row_shape.hpp"
#include "engine/tensor_block.hpp"
#include "model/device_error.hpp"
#include "records/run_tally.hpp"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

namespace shockstep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t most_bytes = 1 << 28, bytes_of_a_row = 24 * sizeof(double);  // about, a coordinate
double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

/// What the workers share: the queue of trajectories and the place where finished ones go.
class Floor {
 public:
  Floor(const EngineRun& run, WorkSource& work, int workers)
      : run_(run), work_(work), under_way_(static_cast<std::size_t>(workers)) {}

  std::optional<std::int64_t> next() {
    for (;;) {
      const auto index = work_.next();
      if (!index || !apart(*index)) return index;
      const std::lock_guard lock(mutex_);
      apart_.push_back(*index);
    }
  }
  bool some_apart() const { return !apart_.empty() && !stopped(); }
  /// One of those that next() left out; called by one worker, once there is nothing else to do.
  std::optional<std::int64_t> next_apart() {
    if (apart_.empty()) return std::nullopt;
    const std::int64_t index = apart_.front();
    apart_.pop_front();
    return index;
  }

  bool stopped() const {
    return stopped_.load(std::memory_order_relaxed) || (run_.observer && run_.observer->cancelled());
  }

  /// Ends the run: trajectories under way are interrupted.
  void stop() { stopped_ = true; }

  void finished(const Trajectory& trajectory) {
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
  /// Of workers that take turns in the model.
  std::mutex& model() { return model_; }

  /// A worker's exception ends the run; the first one is thrown to the caller.
  void broke(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    stopped_ = true;
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
  bool apart(std::int64_t trajectory) const {
    const auto* adaptive = std::get_if<AdaptivePlan>(&run_.plan.way);
    return adaptive && !adaptive->every_trajectory && adaptive->measured(trajectory);
  }

  const EngineRun& run_;
  WorkSource& work_;
  std::deque<std::int64_t> apart_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_, model_;
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

/// Where the points of the batch are.
BatchedModel model_in_batches(const EngineRun& run, int rows) {
  if (!run.tensors) return {run.model, rows};
  return {run.model, rows, at::empty(row_shape(rows, run.model.shape()), *run.tensors)};
}

/// What a device threw outside the model, in a line with a remedy.
[[noreturn]] void throw_of_device(const c10::Error& error, const EngineRun& run, int rows) {
  const std::string on = run.tensors->device().str();
  throw ModelError(out_of_memory(error) ? full_sentence(on, rows)
                                        : lost_sentence("run.state", "the steps on " + on, error));
}

/// One batch and the loop over it: row j of it belongs to one trajectory, and when that is done to the next.
class Worker {
 public:
  using Next = std::optional<std::int64_t> (Floor::*)();

  /// `share`: of the time of one worker that this one stands for.
  Worker(const EngineRun& run, Floor& floor, std::size_t number, int rows, Next next, double share)
      : run_(run), floor_(floor), number_(number), next_(next), share_(share), model_(model_in_batches(run, rows)) {
    const auto d = static_cast<std::size_t>(run.model.dimension());
    if (run.observer) steps_ = std::make_unique<LockedSteps>(*run.observer, floor.mutex());
    for (int i = 0; i < rows; ++i) {
      states_.push_back(std::make_unique<State>(d));
      trajectories_.push_back(make_trajectory(run.plan, *states_.back()));
      idle_.push_back(trajectories_.back().get());
    }
    if (run.tensors) tensors_.emplace(states_, *run.tensors);
    if (run.observer && run.observer->wants_state()) shown_.emplace();
  }

  void work() {
    const auto begin = Clock::now();
    while (!floor_.stopped()) {
      refill();
      if (rows_.empty()) break;
      try {
        evaluate();
      } catch (const Cancelled&) {  // a model may cancel the run, as an observer may
        floor_.stop();
        break;
      }
      go_on();
      collect();
    }
    for (const Row& row : rows_) {
      if (!row.trajectory) continue;
      row.trajectory->abandon(Status::interrupted);
      floor_.finished(*row.trajectory);
    }
    RunStatistics cost = model_.cost();
    cost.worker_seconds = share_ * seconds(Clock::now() - begin);
    floor_.add(cost);
  }

 private:
  struct Row {
    Trajectory* trajectory = nullptr;  // null: the row is free
    enum class Next { begin, take_answer, wait } next = Next::begin;
    bool done = false;
  };

  bool begin(Row& row) {
    const auto index = (floor_.*next_)();
    if (!index) return false;
    row = {.trajectory = idle_.back()};
    idle_.pop_back();
    row.trajectory->start(*index, run_.observer && run_.observer->wants_steps(*index) ? steps_.get() : nullptr);
    return true;
  }

  /// Free rows are taken at once by trajectories that wait; when none do any more, the others close up.
  void refill() {
    std::size_t kept = 0;
    for (std::size_t j = 0; j < rows_.size(); ++j) {
      if (!rows_[j].trajectory && !begin(rows_[j])) continue;
      if (kept < j) {
        rows_[kept] = rows_[j];
        if (!tensors_) std::ranges::copy(model_.point(j), model_.point(kept).begin());
        ask(kept);
      }
      ++kept;
    }
    rows_.resize(kept);
    for (Row row; rows_.size() < model_.capacity() && begin(row);) rows_.push_back(row);
    go_on();
  }

  void evaluate() {
    if (tensors_) tensors_->read_points(all_states(), model_.points());
    {
      std::unique_lock turn(floor_.model(), std::defer_lock);
      if (share_ < 1) turn.lock();
      model_.evaluate(rows_.size());
    }
    if (tensors_) tensors_->write_answers(all_states(), model_.answers());
    if (shown_) show();
    for (Row& row : rows_) row.next = Row::Next::take_answer;
  }

  std::vector<State*> all_states() {
    std::vector<State*> out;
    for (std::size_t j = 0; j < rows_.size(); ++j) out.push_back(&state(j));
    return out;
  }

  /// What was evaluated, to an observer that wants it.
  void show() {
    const std::size_t n = rows_.size(), d = static_cast<std::size_t>(run_.model.dimension());
    const auto on_host = [&](const at::Tensor& t) {
      return t.narrow(0, 0, static_cast<std::int64_t>(n)).to(at::kCPU, at::kDouble).contiguous();
    };
    const at::Tensor x = on_host(model_.points()), answers = tensors_ ? on_host(model_.answers()) : at::Tensor();
    Shown& s = *shown_;
    s.trajectories.resize(n), s.sigma.resize(n), s.denoised.assign(n * d, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t j = 0; j < n; ++j) {
      s.trajectories[j] = model_.trajectory(j), s.sigma[j] = model_.sigma(j);
      if (!model_.answered(j)) continue;
      const double* D = tensors_ ? answers.const_data_ptr<double>() + j * d : model_.answer(j);
      std::copy_n(D, d, s.denoised.begin() + static_cast<std::ptrdiff_t>(j * d));
    }
    const std::lock_guard lock(floor_.mutex());
    run_.observer->state({s.trajectories, s.sigma, {x.const_data_ptr<double>(), n * d}, s.denoised});
  }

  /// Each row that begins or has its answer, until it needs the next one. Rows are independent of each other. Threads are those
  /// of Torch: one for an exact model, whose workers run side by side.
  void go_on() {
    at::parallel_for(0, static_cast<std::int64_t>(rows_.size()), 32, [&](std::int64_t begin, std::int64_t end) {
      for (auto j = static_cast<std::size_t>(begin); j < static_cast<std::size_t>(end); ++j) {
        Row& row = rows_[j];
        if (j + 1 < static_cast<std::size_t>(end)) rows_[j + 1].trajectory->expect();
        if (row.next == Row::Next::wait) continue;
        if (row.next == Row::Next::take_answer && !model_.answered(j)) {
          row.trajectory->abandon(Status::failed);
          row.done = true;
        } else {
          if (!tensors_)
            state(j).bind(model_.point(j).data(), row.next == Row::Next::take_answer ? model_.answer(j) : nullptr);
          row.done = row.trajectory->resume();
          ask(j);
        }
        row.next = Row::Next::wait;
      }
    });
    if (tensors_) operate();
  }

  /// Operations on the batch's vectors, each for all the rows that wait for its kind, until all rows wait for the model.
  void operate() {
    for (;;) {
      std::vector<std::size_t> waiting;
      std::vector<State*> states;
      for (std::size_t j = 0; j < rows_.size(); ++j)
        if (!rows_[j].done && state(j).operation()) waiting.push_back(j), states.push_back(&state(j));
      if (waiting.empty()) return;
      tensors_->operate(states);
      for (const std::size_t j : waiting) {
        rows_[j].done = rows_[j].trajectory->resume();
        ask(j);
      }
    }
  }

  void collect() {
    double progress = 0;
    for (Row& row : rows_) {
      if (row.done) {
        floor_.finished(*row.trajectory);
        idle_.push_back(row.trajectory);
        row.trajectory = nullptr;
      } else {
        progress += row.trajectory->progress();
      }
    }
    floor_.progress(number_, progress);
  }

  /// Besides the point, which the trajectory writes itself.
  void ask(std::size_t j) {
    model_.sigma(j) = state(j).sigma();
    model_.trajectory(j) = rows_[j].trajectory->report().trajectory;
  }

  State& state(std::size_t j) { return rows_[j].trajectory->state(); }

  const EngineRun& run_;
  Floor& floor_;
  std::size_t number_;
  Next next_;
  double share_;
  BatchedModel model_;
  std::vector<std::unique_ptr<State>> states_;
  std::vector<std::unique_ptr<Trajectory>> trajectories_;
  std::optional<TensorBlock> tensors_;
  std::vector<Trajectory*> idle_;
  std::vector<Row> rows_;
  std::unique_ptr<LockedSteps> steps_;
  struct Shown {
    std::vector<std::int64_t> trajectories;
    std::vector<double> sigma, denoised;
  };
  std::optional<Shown> shown_;  // none: nobody asks
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
  const int in_flight = std::clamp(run.in_flight, 1, run.batch);
  const int workers = exact ? static_cast<int>(std::min<std::int64_t>(threads, useful)) : in_flight;
  // A worker takes no more rows than its share: the others could begin with them. Of an exact model no result depends on how many
  // they are, and there are no more than memory bears.
  const std::int64_t bearable = most_bytes / (bytes_of_a_row * run.model.dimension() * workers);
  const auto most = std::clamp<std::int64_t>(bearable, 1, run.batch);
  const auto share = static_cast<int>(std::clamp<std::int64_t>((work.count() + workers - 1) / workers, 1, most));
  const int rows = exact ? share : (run.batch + in_flight - 1) / in_flight;
  Floor floor(run, work, workers);

  const auto shift = [&](std::size_t number, int batch, Worker::Next next, double part) {
    try {
      const TorchThreads one_or_all(exact ? 1 : threads);
      try {
        Worker(run, floor, number, batch, next, part).work();
      } catch (const c10::Error& error) {
        if (!run.tensors) throw;
        throw_of_device(error, run, batch);
      }
    } catch (...) {
      floor.broke(std::current_exception());
    }
  };
  const double part = exact ? 1 : 1. / in_flight;
  std::vector<std::thread> others;
  for (int i = 1; i < workers; ++i) others.emplace_back(shift, static_cast<std::size_t>(i), rows, &Floor::next, part);
  shift(0, rows, &Floor::next, part);
  for (auto& thread : others) thread.join();
  if (!exact && floor.some_apart()) shift(0, run.measured_batch, &Floor::next_apart, 1);

  RunStatistics statistics = floor.close();
  statistics.wall_seconds = seconds(Clock::now() - begin);
  return statistics;
}

}  // namespace shockstep
