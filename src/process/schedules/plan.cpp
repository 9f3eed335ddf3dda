#include <shockstep/schedule.hpp>

#include "process/step_plan.hpp"
#include "process/whole_times.hpp"

namespace shockstep {

namespace schedules {
extern const ScheduleSpec plan{
    "plan", "step lengths that suit most models, relative to the scale of their data; the multistep interpolates F",
    "docs/plan.md",
    [](const FixedSteps& steps, const Process& process, int nodes) {
      auto sigmas = StepPlan(steps.scales, process.lam_begin(), process.lam_end(), nodes).inner_sigmas();
      if (steps.scales.whole_times) sigmas = WholeTimes(process).moved(sigmas);
      sigmas.insert(sigmas.begin(), process.sigma_max());
      sigmas.push_back(process.sigma_min());
      return sigmas;
    },
    ScheduleNeeds::scales};
}  // namespace schedules

constinit const Schedule Schedule::plan{schedules::plan};

}  // namespace shockstep
