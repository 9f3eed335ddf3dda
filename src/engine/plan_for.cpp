#include "engine/plan_for.hpp"

#include "model/guidance.hpp"
#include "model/network.hpp"

#include <cmath>

namespace shockstep {

Plan plan_for(const ScoreModel& model, const Process& process, const SamplerOptions& options, bool whole_times) {
  Plan plan(process, options);
  if (whole_times) plan.whole_times.emplace(process);
  if (const NetworkOptions* network = network_options(model))
    for (const double sigma : guidance_ends(*network)) plan.jumps.push_back(-std::log(sigma));
  return plan;
}

}  // namespace shockstep
