#include <shockstep/schedule.hpp>

#include "process/spacing.hpp"

#include <cmath>

namespace shockstep {

namespace schedules {
extern const ScheduleSpec karras{"karras", "uniform in sigma^(1/rho), rho 7 by default",
                                 "Karras et al. 2022 (arXiv 2206.00364), eq. 5",
                                 [](const FixedSteps& steps, const Process& process, int nodes) {
                                   return uniform_in(
                                       process, nodes, [&](double sigma) { return std::pow(sigma, 1 / steps.rho); },
                                       [&](double root) { return std::pow(root, steps.rho); });
                                 }};
}  // namespace schedules

constinit const Schedule Schedule::karras{schedules::karras};

}  // namespace shockstep
