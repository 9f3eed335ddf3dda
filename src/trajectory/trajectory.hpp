/// One trajectory: a coroutine that waits for evaluations of the model, and for the operations on its vectors.
///
/// Everything a trajectory does follows from its own answers, its plan and its starting latents; which batch an evaluation
/// travels in cannot matter. Whoever drives it (the engine, for many at once) resumes it with what it waited for.
#pragma once

#include <shockstep/observer.hpp>
#include <shockstep/result.hpp>

#include "core/task.hpp"
#include "state/state.hpp"
#include "trajectory/plan.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace shockstep {

class Trajectory {
 public:
  /// Plan and state must outlive it.
  Trajectory(const Plan& plan, State& state);
  virtual ~Trajectory() = default;

  void start(std::int64_t index, Observer* steps);
  /// Goes on to the next thing to wait for, which state() tells; true once the trajectory is done.
  bool resume();
  /// Ends the trajectory without an answer: the model threw, or the run was cancelled.
  void abandon(Status status);

  /// resume() is near.
  virtual void expect() const { state_.expect(); }

  State& state() { return state_; }
  const TrajectoryReport& report() const { return report_; }
  /// The finished sample: NaN where status says why.
  std::span<const double> sample() const { return sample_; }
  /// How far the trajectory has come, 0 to 1.
  virtual double progress() const = 0;

 protected:
  /// The whole of it, from the latents to the sample: the status it ends with.
  virtual Task<Status> integrate() = 0;
  /// The report is about to be read.
  virtual void ended() {}

  /// x = scale latents
  Awaited<Done> write_latents(Vector x, double scale);
  int evaluations_left() const { return plan_.max_evaluations - state_.evaluations(); }
  double rms(double square) const { return std::sqrt(square / static_cast<double>(state_.dimension())); }
  void tell(const StepRecord& step) const {
    if (steps_) steps_->step(step);
  }
  /// Another trajectory of this plan and state as a part of this one: its steps are counted and told here, its sample is its own.
  Task<Status> as_pass(Trajectory& other);
  /// A step between two nodes of a grid, of which no error is estimated.
  void made_step(double sigma, double end);

  const Plan& plan_;
  State& state_;
  TrajectoryReport report_;
  std::vector<double> sample_;

 private:
  void end(Status status);

  Observer* steps_ = nullptr;
  Task<Status> coroutine_;
};

std::unique_ptr<Trajectory> make_trajectory(const Plan& plan, State& state);

}  // namespace shockstep
