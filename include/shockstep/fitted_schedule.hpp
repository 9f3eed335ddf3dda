/// What a fit of a schedule came to.
#pragma once

#include <cstdint>
#include <vector>

namespace shockstep {

/// Errors of samples on a grid against adaptive references from the same starts. The error of one sample is its root
/// mean square over coordinates, data units.
struct ScheduleError {
  double rms = 0;     ///< root mean square over trajectories
  double median = 0;  ///< over trajectories
};

/// The nodes, and how they did on trajectories that the fit did not see (docs/schedules.md).
struct FittedSchedule {
  std::vector<double> sigmas;    ///< the nodes, strictly descending, from sigma_max to sigma_min exactly
  std::vector<double> times;     ///< native time of the process at each
  bool complete = true;          ///< false: an observer cancelled the fit, and there are no sigmas
  bool gained = false;           ///< false: no better on held-out rows; sigmas are the better of log_sigma, karras
  ScheduleError error;           ///< of `sigmas`, on the held-out rows: what to expect of samples
  ScheduleError log_sigma;       ///< of Schedule::log_sigma with as many steps, on the same rows
  ScheduleError karras;          ///< of Schedule::karras, rho 7, likewise
  int rows = 0;                  ///< trajectories fitted to
  int held_out = 0;              ///< trajectories kept from the fit
  int checked = 0;               ///< interfaces between modes at which the fit was compared with log_sigma or karras
  std::int64_t evaluations = 0;  ///< of the model, references included
};

}  // namespace shockstep
