#include "engine/planned_profile.hpp"

#include "process/step_plan.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double fewest_nodes = 5;
// Error of a step, over the one that is expected, from which it is rejected: no step of a model that the plan suits. Shorter steps for
// every trajectory at a given number of evaluations are worth more than a controller that follows each.
constexpr double beyond_expected = 100;
// Nodes beyond which no smaller error is expected: of a rough network none would be met.
constexpr double finest_expected = 30;
constexpr double share_for_plan = .8;  // of max_evaluations: the rest is for what is rejected
constexpr double nodes_for_4 = 60;     // from which order 4 is the better one on every model that was tried

/// error_estimate over P (path_data.hpp): about twice the 90 % quantile of the errors over P, geometric mean over the networks of
/// the choice. The difference of corrector and predictor falls with one order less than the error; beyond finest_expected P counts
/// it in a unit that no longer falls.
double calibration(double nodes) {
  const double coarse = std::min(nodes, finest_expected);
  return 2.6 * std::pow(coarse / 22.5, -1.4) * std::pow(nodes / coarse, 3.8);
}

}  // namespace

GuardProfile planned_profile(const MeasuredScales& scales, const Process& process, const SamplerOptions& options) {
  const double s = scales.data_std, begin = process.lam_begin(), end = process.lam_end();
  const double wanted = nodes_for(options.tolerance / s), most = share_for_plan * options.max_evaluations;
  const double nodes = std::ceil(std::max(std::min(wanted, most), fewest_nodes));
  const double error = s * error_with(nodes);

  GuardProfile profile;
  profile.source = "plan";
  profile.method = options.method;
  profile.order = options.order > 0 ? options.order : nodes < nodes_for_4 ? 3 : 4;
  profile.scale = profile.data_std = s;
  profile.tolerance = options.tolerance;
  profile.step_tolerance = profile.high_error = error;
  profile.max_evaluations = options.max_evaluations;
  profile.log_gain = expected_log_errors(s, begin, end, std::min(nodes, finest_expected));
  for (double& log_error : profile.log_gain.values) log_error = std::log(error / (beyond_expected * s)) - log_error;
  profile.cap = StepPlan(scales, begin, end, nodes).steps();
  profile.steady = true;
  profile.first_step = profile.cap(begin);
  profile.calibration = calibration(nodes);
  profile.evaluations = scales.evaluations;
  return profile;
}

}  // namespace shockstep
