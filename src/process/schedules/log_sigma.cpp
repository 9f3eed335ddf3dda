#include <shockstep/schedule.hpp>

#include "process/spacing.hpp"

#include <cmath>

namespace shockstep {

namespace schedules {
extern const ScheduleSpec log_sigma{
    "log_sigma", "uniform in ln sigma", "Lu et al. 2022 (arXiv 2206.00927), uniform logSNR",
    [](const FixedSteps&, const Process& process, int nodes) {
      return uniform_in(
          process, nodes, [](double sigma) { return std::log(sigma); }, [](double log) { return std::exp(log); });
    }};
}  // namespace schedules

constinit const Schedule Schedule::log_sigma{schedules::log_sigma};

}  // namespace shockstep
