#include <shockstep/error.hpp>
#include <shockstep/schedule.hpp>

namespace shockstep {

namespace schedules {
extern const ScheduleSpec fitted{
    "fitted", "to the model, the method and the count, before the run", "docs/schedules.md",
    [](const FixedSteps&, const Process&, int) -> std::vector<double> {
      throw ConfigError("sampler.steps.schedule", "fitted needs a model; see calibrate_schedule");
    },
    ScheduleNeeds::model};
}  // namespace schedules

constinit const Schedule Schedule::fitted{schedules::fitted};

}  // namespace shockstep
