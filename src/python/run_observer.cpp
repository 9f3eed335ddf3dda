#include "python/run_observer.hpp"

#include "core/row_shape.hpp"
#include "python/raised.hpp"
#include "python/records.hpp"
#include "python/tensor.hpp"
#include "python/unlocked.hpp"

#include <shockstep/error.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

namespace shockstep::python {
namespace {

// How often Ctrl-C is asked for: often enough to be felt at once, seldom enough since asking takes the GIL.
constexpr auto between_questions = std::chrono::milliseconds(50);

// None, as of a method that returns nothing, is no.
bool truth(const char* method, const py::object& answer) {
  const auto type = py::str(py::type::of(answer).attr("__name__")).cast<std::string>();
  if (answer.is_none()) return false;
  if (type != "bool" && type != "bool_")
    throw ConfigError("observer", std::string(method) + " must return True or False, got a " + type);
  return answer.equal(py::bool_(true));
}

py::object method(const py::object& observer, const char* name) { return py::getattr(observer, name, py::none()); }

}  // namespace

RunObserver::RunObserver(const py::object& observer, std::vector<std::int64_t> shape)
    : wants_steps_(method(observer, "wants_steps")),
      step_(method(observer, "step")),
      wants_state_(method(observer, "wants_state")),
      state_(method(observer, "state")),
      finished_(method(observer, "finished")),
      progress_(method(observer, "progress")),
      cancelled_(method(observer, "cancelled")),
      shape_(std::move(shape)) {}

// Runs call() with the GIL. The first exception is kept for rethrow(), and the run ends.
template <class Call>
auto RunObserver::guarded(Call call) const -> decltype(call()) {
  const py::gil_scoped_acquire gil;
  try {
    return call();
  } catch (py::error_already_set& error) {
    try {
      throw_raised(error);
    } catch (...) {
      keep(std::current_exception());
    }
  } catch (const ConfigError&) {
    keep(std::current_exception());
  }
  return decltype(call())();
}

void RunObserver::keep(std::exception_ptr error) const {
  const std::lock_guard lock(mutex_);
  if (!raised_) raised_ = std::move(error);
  stop_ = true;
}

bool RunObserver::wants_steps(std::int64_t trajectory) const {
  if (step_.is_none() || stop_) return false;
  if (wants_steps_.is_none()) return true;
  return guarded([&] { return truth("wants_steps", wants_steps_(trajectory)); });
}

void RunObserver::step(const StepRecord& record) {
  if (!stop_) guarded([&] { step_(to_dict(record)); });
}

// An attribute, or a method as wants_steps is.
bool RunObserver::wants_state() const {
  return guarded([&] {
    const bool wanted = truth("wants_state", PyCallable_Check(wants_state_.ptr()) != 0 ? wants_state_() : wants_state_);
    if (wanted && state_.is_none())
      throw ConfigError("observer", "wants_state, and has no method state(trajectories, sigma, x, denoised)");
    return wanted;
  });
}

void RunObserver::state(const EvaluatedRows& rows) {
  if (stop_) return;
  guarded([&] {
    const auto n = static_cast<std::int64_t>(rows.trajectories.size());
    const at::Tensor trajectories = at::empty({n}, at::kLong), sigma = at::empty({n}, at::kDouble),
                     x = at::empty(row_shape(n, shape_), at::kDouble), denoised = at::empty_like(x);
    std::ranges::copy(rows.trajectories, trajectories.mutable_data_ptr<std::int64_t>());
    std::ranges::copy(rows.sigma, sigma.mutable_data_ptr<double>());
    std::ranges::copy(rows.x, x.mutable_data_ptr<double>());
    std::ranges::copy(rows.denoised, denoised.mutable_data_ptr<double>());
    state_(trajectories, sigma, x, denoised);
  });
}

void RunObserver::finished(const TrajectoryReport& report, std::span<const double> sample) {
  if (finished_.is_none() || stop_) return;
  guarded([&] {
    at::Tensor copy = at::empty(shape_, at::kDouble);
    std::ranges::copy(sample, copy.mutable_data_ptr<double>());
    finished_(to_dict(report), copy);
  });
}

void RunObserver::progress(double share) {
  if (!progress_.is_none() && !stop_) guarded([&] { progress_(share); });
}

bool RunObserver::cancelled() const {
  if (stop_ || keyboard_interrupt() || Unlocked::closing()) return true;
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - asked_ < between_questions) return false;
    asked_ = now;
  }
  guarded([&] {
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (!cancelled_.is_none() && truth("cancelled", cancelled_())) stop_ = true;
  });
  return stop_;
}

void RunObserver::rethrow() const {
  if (!raised_) return;
  try {
    std::rethrow_exception(raised_);
  } catch (const Cancelled&) {  // Ctrl-C, of which the caller knows
  }
}

}  // namespace shockstep::python
