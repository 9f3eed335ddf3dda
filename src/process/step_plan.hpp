/// Where to step on a model nothing is known of: step lengths in l = ln(sigma/s), s the scale of the data, that suit most models
/// where F is interpolated (stepper.hpp). docs/plan.md says how the shape was found and what it is worth.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/schedule.hpp>

#include <vector>

namespace shockstep {

class StepPlan {
 public:
  /// From lam = begin to end, `nodes` of them or as many steps and one; need not be a whole number. data_std is positive.
  StepPlan(const ModelScales& scales, double begin, double end, double nodes);

  /// sigma at every node but the ends, whose values the caller has.
  std::vector<double> inner_sigmas() const;
  /// Length of the step from lam, in lam; the last ones reach beyond the end.
  LamTable steps() const;
  /// What lengths are proportional to about lam; beyond the ends as there.
  double length(double lam) const;

 private:
  double lam_of(int i) const;
  void share_out(const std::vector<double>& lengths);
  double first_shorter(const std::vector<TriedStep>& tried, double length) const;
  double share(double lam) const;
  double lam_at(double share) const;

  double begin_, end_, nodes_;
  std::vector<double> shares_;  // steps before equidistant lam, in plans of one step
};

/// ln of the error that a step of a plan of so many nodes is expected to make at lam, over data_std: judged as the controller judges it.
LamTable expected_log_errors(const ModelScales& scales, double begin, double end, double nodes);
/// What 97 % of the samples of most models stay below, over data_std.
class PlannedError {
 public:
  explicit PlannedError(const MeasuredScales& scales);

  double with(double nodes) const;
  double nodes_for(double error) const;  ///< the inverse
  /// What errors of a network that is rough in time stay above; 0 for others.
  double floor(double nodes) const;

 private:
  double at_law_nodes_ = 1;  // over that of most models
  double roughness_;
};

}  // namespace shockstep
