#include <shockstep/schedule.hpp>

#include "process/spacing.hpp"

#include <cmath>

namespace shockstep {

namespace schedules {
extern const ScheduleSpec cosine{"cosine", "uniform in atan sigma", "Salimans & Ho 2022 (arXiv 2202.00512)",
                                 [](const FixedSteps&, const Process& process, int nodes) {
                                   return uniform_in(
                                       process, nodes, [](double sigma) { return std::atan(sigma); },
                                       [](double angle) { return std::tan(angle); });
                                 }};
}  // namespace schedules

constinit const Schedule Schedule::cosine{schedules::cosine};

}  // namespace shockstep
