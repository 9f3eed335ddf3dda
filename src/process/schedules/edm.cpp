#include <shockstep/schedule.hpp>

namespace shockstep {

namespace schedules {
extern const ScheduleSpec edm{"edm", "karras with rho 7", "Karras et al. 2022 (arXiv 2206.00364), table 1",
                              [](const FixedSteps&, const Process& process, int nodes) {
                                return Schedule::karras.spec().nodes({.rho = 7}, process, nodes);
                              }};
}  // namespace schedules

constinit const Schedule Schedule::edm{schedules::edm};

}  // namespace shockstep
