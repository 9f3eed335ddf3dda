/// The user's observer, and Ctrl-C.
#pragma once

#include <shockstep/observer.hpp>

#include <pybind11/pybind11.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <vector>

namespace shockstep::python {

namespace py = pybind11;

/// Calls those of `wants_steps`, `step`, `state`, `finished`, `progress` and `cancelled` that the Python object has. An exception of
/// theirs ends the run.
class RunObserver final : public Observer {
 public:
  /// Needs the GIL, and so does the end of its life. `observer`: None for none. `shape`: of a sample.
  RunObserver(const py::object& observer, std::vector<std::int64_t> shape);

  bool wants_steps(std::int64_t trajectory) const override;
  void step(const StepRecord& record) override;
  bool wants_state() const override;
  void state(const EvaluatedRows& rows) override;
  void finished(const TrajectoryReport& report, std::span<const double> sample) override;
  void progress(double share) override;
  bool cancelled() const override;

  /// Throws what a method of the user's raised.
  void rethrow() const;

 private:
  /// The first error stays, and ends the run.
  void keep(std::exception_ptr error) const;
  template <class Call>
  auto guarded(Call call) const -> decltype(call());

  py::object wants_steps_, step_, wants_state_, state_, finished_, progress_, cancelled_;
  std::vector<std::int64_t> shape_;
  mutable std::mutex mutex_;  // of raised_ and asked_
  mutable std::exception_ptr raised_;
  mutable std::chrono::steady_clock::time_point asked_{};
  mutable std::atomic<bool> stop_{false};
};

}  // namespace shockstep::python
