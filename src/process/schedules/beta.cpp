#include <shockstep/schedule.hpp>

#include "process/spacing.hpp"

#include <boost/math/special_functions/beta.hpp>

#include <algorithm>

namespace shockstep::schedules {

/// The process's own time, from end to end, at quantiles of the distribution Beta(.6, .6): dense at both ends.
extern const ScheduleSpec beta{
    "beta", "time at quantiles of Beta(.6, .6): dense at both ends", "Lee et al. 2024 (arXiv 2407.12173)",
    [](const FixedSteps&, const Process& process, int nodes) {
      const double begin = process.clock(process.sigma_max()), end = process.clock(process.sigma_min());
      return uniform_in(process, nodes, [&](double sigma) {
        return boost::math::ibeta(.6, .6, std::clamp((process.clock(sigma) - end) / (begin - end), 0., 1.));
      });
    }};

}  // namespace shockstep::schedules
