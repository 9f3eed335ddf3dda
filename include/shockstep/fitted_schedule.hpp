/// What a fit of a schedule came to.
#pragma once

#include <cstdint>
#include <vector>

namespace shockstep {

/// Errors of samples on a grid against adaptive references from the same starts; of a sample the root mean square over
/// coordinates, data units.
struct ScheduleError {
  double rms = 0;  ///< root mean square over trajectories
  double median = 0;
};

struct FittedSchedule {
  std::vector<double> sigmas;  ///< the nodes, strictly descending, from sigma_max to sigma_min exactly
  std::vector<double> times;   ///< native time of the process at each
  bool complete = true;        ///< false: an observer cancelled the fit, and there are no sigmas
  bool gained = false;         ///< false: the fit was no better on other rows; sigmas are the better of the next two
  ScheduleError error;         ///< of `sigmas`, on the held-out rows: what to expect of samples
  ScheduleError log_sigma, karras;  ///< of these schedules with as many steps, on the same rows
  int rows = 0, held_out = 0;       ///< trajectories fitted to, and those kept from the fit
  int checked = 0;  ///< interfaces between modes at which the fit was compared with the schedule without one
  std::int64_t evaluations = 0;  ///< of the model, references included
};

}  // namespace shockstep
