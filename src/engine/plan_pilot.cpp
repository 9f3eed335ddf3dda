#include "engine/plan_pilot.hpp"

#include "core/statistics.hpp"
#include "engine/pilot.hpp"
#include "engine/plan_for.hpp"
#include "engine/planned_profile.hpp"
#include "engine/rehearsal.hpp"
#include "process/step_plan.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace shockstep {
namespace {

constexpr int rows_on_plan = 8, finer = 2;  // trajectories; nodes of their reference over those of the plan
constexpr double most_nodes = 20;           // with an evaluation more of every trajectory, 496 rows
constexpr double coverage = .97;
constexpr double least_factor = .5, most_factor = 8;  // eight rows see no rare decision, and few are all bad
constexpr double smallest = 1e-12;                    // over data_std, of an error: less is rounding

RehearsedRows run_plan(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                       const MeasuredScales& scales, double nodes, const Observer* observer) {
  Plan plan = plan_for(model, process, options, scales.whole_times);
  plan.latents = pilot_latents;
  plan.max_evaluations = static_cast<int>(nodes) + 1;
  plan.way = AdaptivePlan{.guard = planned_profile(scales, process, options, nodes)};
  return rehearse(model, plan, {.count = rows_on_plan, .batch = rows_on_plan}, observer,
                  "sampler.guard.profile to plan");
}

/// What another row's value stays below with probability `coverage` where logarithms are normal: the mean of n, and Student's t times
/// their deviation times sqrt(1 + 1/n). Geisser 1993, Predictive Inference, section 2.1.
double prediction_bound(const std::vector<double>& values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(std::log(value));
  const auto n = static_cast<double>(logs.size());
  const double deviation = standard_deviation(logs) * std::sqrt(n / (n - 1));
  const double t = boost::math::quantile(boost::math::students_t(n - 1), coverage);
  return std::clamp(std::exp(mean(logs) + t * deviation * std::sqrt(1 + 1 / n)), least_factor, most_factor);
}

}  // namespace

GuardProfile pilot_of_plan(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                           const MeasuredScales& scales, const Observer* observer) {
  const double s = scales.data_std, nodes = std::min(planned_nodes(scales, options), most_nodes);
  const RehearsedRows coarse = run_plan(model, process, options, scales, nodes, observer);
  const RehearsedRows fine = run_plan(model, process, options, scales, finer * nodes, observer);
  const double expected = s * PlannedError(scales).with(nodes);
  std::vector<double> harder, estimated;
  for (std::size_t i = 0; i < rows_on_plan; ++i) {
    const double error = std::max(rms_difference(coarse.rows[i].sample, fine.rows[i].sample), smallest * s);
    harder.push_back(error / expected), estimated.push_back(error / coarse.rows[i].report.error_estimate);
  }
  const double over_expected = prediction_bound(harder);
  GuardProfile profile = planned_profile(scales, process, options, planned_nodes(scales, options, over_expected));
  profile.source = "pilot";
  profile.high_error *= over_expected;
  profile.calibration *= prediction_bound(estimated);
  profile.evaluations = coarse.statistics.model_capacity + fine.statistics.model_capacity;  // padding is paid for
  return profile;
}

}  // namespace shockstep
