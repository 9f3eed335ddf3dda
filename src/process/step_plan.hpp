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

 private:
  double share(double lam) const;
  double lam_at(double share) const;

  double begin_, end_, nodes_;
  std::vector<double> shares_;  // steps before equidistant lam, in plans of one step
};

/// ln of the error that a step of a plan of so many nodes is expected to make at lam, over data_std: judged as the controller judges it.
LamTable expected_log_errors(double data_std, double begin, double end, double nodes);
/// Nodes with which 97 % of the samples of most models stay below an error, relative to data_std.
double nodes_for(double relative_tolerance);
/// The inverse.
double error_with(double nodes);

}  // namespace shockstep
