#include <shockstep/schedule.hpp>

#include "process/spacing.hpp"

#include <cmath>

namespace shockstep {

namespace schedules {
/// The density of nodes in lam falls from 1 to a tenth: 1 - .9 sigma^2/(s^2 + sigma^2) = dw/dlam with
///   w = lam + .45 ln(s^2 + sigma^2),  s the scale of the data.
extern const ScheduleSpec tapered{"tapered", "uniform in ln sigma, coarser far above the scale of the data",
                                  "docs/sde.md", [](const FixedSteps& steps, const Process& process, int nodes) {
                                    const double s2 = steps.scales.data_std * steps.scales.data_std;
                                    return uniform_in(process, nodes, [s2](double sigma) {
                                      return -std::log(sigma) + .45 * std::log(s2 + sigma * sigma);
                                    });
                                  }};
}  // namespace schedules

constinit const Schedule Schedule::tapered{schedules::tapered};

}  // namespace shockstep
