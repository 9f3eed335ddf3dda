#include <shockstep/schedule.hpp>

#include "process/spacing.hpp"

namespace shockstep {

namespace schedules {
extern const ScheduleSpec linear{"linear", "uniform in the time of the process; for ve in sigma",
                                 "Song et al. 2021 (arXiv 2011.13456); with shift Esser et al. 2024 (arXiv 2403.03206)",
                                 [](const FixedSteps&, const Process& process, int nodes) {
                                   // A process knows no inverse.
                                   return uniform_in(process, nodes,
                                                     [&](double sigma) { return process.clock(sigma); });
                                 }};
}  // namespace schedules

constinit const Schedule Schedule::linear{schedules::linear};

}  // namespace shockstep
