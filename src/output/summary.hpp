/// summary.json: what a run was and what it cost.
#pragma once

#include <shockstep/fit_report.hpp>
#include <shockstep/fitted_schedule.hpp>
#include <shockstep/guard.hpp>
#include <shockstep/result.hpp>

#include "output/quantile_sketch.hpp"
#include "output/run_setup.hpp"

#include <optional>
#include <string>
#include <vector>

namespace shockstep {

/// What is known of a run beside its trajectories.
struct RunFacts {
  RunSetup setup;
  double tolerance = 0;        ///< asked for, data units
  int max_evaluations = 1000;  ///< per trajectory
  bool float64 = true;         ///< the model computes in float64
  GuardProfile profile;        ///< resolved
  bool guard = true;
  bool sde = false;                      ///< the reverse SDE
  std::vector<double> sigmas;            ///< the nodes of a fixed grid; empty: adaptive
  std::optional<FittedSchedule> fitted;  ///< where these come from, if they were fitted
  std::optional<FitReport> fit;          ///< of the quick fit check; none: an exact model
  std::vector<std::string> notes;        ///< what was not done as asked
};

std::string summary_json(const RunFacts& facts, const RunStatistics& statistics, const QuantileSketch& exponents,
                         const QuantileSketch& errors);

}  // namespace shockstep
