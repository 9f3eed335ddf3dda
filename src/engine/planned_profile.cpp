#include "engine/planned_profile.hpp"

#include "process/step_plan.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double finest_plan = 3e-6;  // tolerance over data_std
constexpr double fewest_nodes = 5;
// Error of a step, over the one that is expected, from which it is rejected: no step of a model that the plan suits. Shorter steps for
// every trajectory at a given number of evaluations are worth more than a controller that follows each.
constexpr double beyond_expected = 100;
// Nodes beyond which no smaller error is expected: of a rough network none would be met.
constexpr double finest_expected = 30;
constexpr double share_for_plan = .8;  // of max_evaluations: the rest is for what is rejected

// error_estimate is planned_share of the planned error where P (path_data.hpp) is what it is on most models, and goes with a small power
// of P: what a trajectory's own differences of corrector and predictor say of its error beyond that of others is little. P over the
// planned error rises with the nodes up to finest_expected and falls beyond, where its unit stays.
constexpr double planned_share = .5, predictor_power = .3;

double usual_predictor(double nodes) {
  const double coarse = std::min(nodes, finest_expected);
  return .15 * std::pow(coarse / finest_expected, 1.66) * std::pow(nodes / coarse, -3.3);
}

}  // namespace

bool plan_serves(const SamplerOptions& options, const MeasuredScales& scales) {
  return options.tolerance >= finest_plan * scales.data_std;
}

double planned_nodes(const MeasuredScales& scales, const SamplerOptions& options, double harder) {
  const double wanted = PlannedError(scales).nodes_for(options.tolerance / (harder * scales.data_std));
  return std::ceil(std::max(std::min(wanted, share_for_plan * options.max_evaluations), fewest_nodes));
}

GuardProfile planned_profile(const MeasuredScales& scales, const Process& process, const SamplerOptions& options) {
  return planned_profile(scales, process, options, planned_nodes(scales, options));
}

GuardProfile planned_profile(const MeasuredScales& scales, const Process& process, const SamplerOptions& options,
                             double nodes) {
  const double s = scales.data_std, begin = process.lam_begin(), end = process.lam_end();
  const PlannedError planned(scales);
  const double error = s * planned.with(nodes);

  GuardProfile profile;
  profile.source = "plan";
  profile.method = options.method;
  profile.order = options.order;
  profile.scale = profile.data_std = s;
  profile.tolerance = options.tolerance;
  profile.step_tolerance = profile.high_error = error;
  profile.max_evaluations = options.max_evaluations;
  profile.log_gain = expected_log_errors(scales, begin, end, std::min(nodes, finest_expected));
  for (double& log_error : profile.log_gain.values) log_error = std::log(error / (beyond_expected * s)) - log_error;
  profile.cap = StepPlan(scales, begin, end, nodes).steps();
  profile.steady = true;
  profile.first_step = profile.cap(begin);
  profile.predictor_power = predictor_power;
  profile.calibration = planned_share * error * std::pow(usual_predictor(nodes) * error, -predictor_power);
  profile.least_estimate = s * planned.floor(nodes);
  profile.evaluations = scales.evaluations;
  return profile;
}

}  // namespace shockstep
