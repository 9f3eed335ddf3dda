/// One trajectory down the probability flow with steps of its own, the guard, and its events.
#pragma once

#include "burgers/burst_probe.hpp"
#include "burgers/burst_score.hpp"
#include "burgers/event_detector.hpp"
#include "burgers/jacobian_probe.hpp"
#include "controller/denoiser_check.hpp"
#include "controller/noise_floor.hpp"
#include "controller/step_choice.hpp"
#include "stepper/multistep_history.hpp"
#include "stepper/staged_steps.hpp"
#include "trajectory/path_data.hpp"
#include "trajectory/trajectory.hpp"

#include <shockstep/controller.hpp>

#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace shockstep {

class AdaptiveTrajectory final : public Trajectory {
 public:
  AdaptiveTrajectory(const Plan& plan, const AdaptivePlan& way, State& state);

  const PathData& path() const { return path_; }
  double progress() const override;  ///< in ln sigma
  void expect() const override {
    State::fetch(this, sizeof(*this));
    state_.expect();
  }

 private:
  Task<Status> integrate() override;
  void begin_trajectory();
  void begin_pass();
  StepChoice choose(double unit) const;
  StepChoice to_whole_time(StepChoice step) const;
  StepChoice to_jump(StepChoice step) const;
  Task<> cross_jump();
  double factor_after(const StepController::Verdict& verdict) const;
  Task<bool> finish_pass();
  void ended() override;

  struct Attempt;
  StepController::Verdict judge(Attempt& attempt);
  void accept(const Attempt& attempt);
  void watch_model(const Attempt& attempt);

  /// Where D is known: the end of a step, or a stage inside it.
  struct Node {
    double lam;
    Vector predicted, x, D, D_before;  // D at `predicted`, D_before at the node before
    bool last;
  };
  std::span<const Node> nodes_of(const Attempt& attempt);
  JacobianProbe::Effort effort() const;
  Task<bool> measure(Node node);
  bool may_probe() const;
  Task<> measure_bursts(Node node);
  Task<> tell_detector();
  bool due(const Node& node) const;

  double unit_step() const;
  double allowed(double lam, double sigma) const;
  int evaluations_to_finish() const;
  int spare() const { return staged_ ? staged_->evaluations() : 1; }
  double remaining() const { return plan_.range.lam_end - multistep_.lam(); }
  Status arrived(bool limited) const;
  double error_estimate() const;
  void log_events();
  /// 2-norm.
  double distance(double square) const { return rms(square) * std::sqrt(static_cast<double>(state_.dimension())); }

  const AdaptivePlan& way_;
  const GuardProfile& guard_;
  double lam_begin_, longest_step_;

  MultistepHistory multistep_;
  std::unique_ptr<StagedSteps> staged_;  // makes the steps if there is one; multistep_ keeps its nodes, and lands
  StepController controller_;
  NoiseFloor noise_;
  Drift drift_;
  BurstScore burst_;
  EventDetector detector_;
  std::optional<JacobianProbe> probe_;
  std::optional<BurstProbe> bursts_;  // in place of probe_
  bool seeks_events_ = false;         // of this trajectory
  Vector start_D_;                    // D at the start: every pass begins there
  Vector result_;                     // the result of the last finished pass
  // Events: the best known D at the last node and at the last measurement.
  Vector node_D_ = no_vector, measured_D_ = no_vector;
  double last_node_ = 0;           // its lam
  std::vector<Node> nodes_;        // of the last step
  std::vector<double> direction_;  // of the last measurement

  double pace_ = 0;                // length of the next step over unit_step(), proposed by the controller
  bool beyond_tolerance_ = false;  // a forced step was
  int accepted_in_pass_ = 0;
  double asymmetry2_sum_ = 0;  // over the probes of all passes that measured it
  int asymmetries_ = 0, probes_ = 0;
  double rate_ = 0;  // last measured J - 1; NaN: none yet

  // Repeated passes: tolerance factor up to the end of the burst of the first pass, and after it.
  double tighten_ = 1, relax_ = 1, burst_end_ = 0;

  PathData path_;
};

}  // namespace shockstep
