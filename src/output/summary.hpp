/// summary.json: what a run was and what it cost.
#pragma once

#include <shockstep/fit_report.hpp>
#include <shockstep/fitted_schedule.hpp>
#include <shockstep/fitted_solver.hpp>
#include <shockstep/guard.hpp>
#include <shockstep/result.hpp>
#include <shockstep/schedule.hpp>

#include "output/quantile_sketch.hpp"
#include "output/run_setup.hpp"
#include "output/sample_spread.hpp"
#include "records/rounding_error.hpp"

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace shockstep {

/// Of data, data units.
struct DataScale {
  double mean = 0;       ///< root mean square over coordinates of the mean
  double deviation = 0;  ///< standard deviation
};

/// What is known of a run beside its trajectories.
struct RunFacts {
  RunSetup setup;
  double tolerance = 0;        ///< asked for, data units
  double sigma_max = 0;        ///< of the process, data units; 0: not known, and not warned of
  int max_evaluations = 1000;  ///< per trajectory
  bool float64 = true;         ///< the model computes in float64
  GuardProfile profile;        ///< resolved
  bool exact = false;          ///< the model: its calls are not padded
  bool guard = true;
  bool sde = false;                              ///< the reverse SDE
  std::vector<double> sigmas;                    ///< the nodes of a fixed grid; empty: adaptive
  std::optional<FittedSchedule> fitted;          ///< where these come from, if they were fitted
  std::shared_ptr<const FittedSolver> solver{};  ///< what steps, if it was fitted or read
  std::optional<MeasuredScales> scales;          ///< what the plan follows
  bool one_condition = false;                    ///< all samples have the same label: they spread less than the data
  bool from_data = false;                        ///< trajectories start from data, and spread less than the model's
  bool own_noise = false;                        ///< the caller chose the latents
  bool interpolated = false;                     ///< latents lie between others
  std::optional<DataScale> data;                 ///< of an exact model's data; none: of a network's
  SampleSpread spread;                           ///< of the samples
  double reached = std::nan(
      "");  ///< largest error estimate of trajectories that max_evaluations cut short, data units; NaN: unknown
  std::int64_t prepared_rows = 0;           ///< that were computed before the run: pilot, fit, measurements, checks
  std::optional<FitReport> fit;             ///< of the quick fit check; none: an exact model
  std::optional<RoundingError> rounding{};  ///< of a network in half precision; none: of another, or not measured
  std::vector<std::string> notes;           ///< what was not done as asked
};

/// Of the model, computed for whatever purpose: trajectories, padding, and what came before them.
std::int64_t rows_in_all(const RunFacts& facts, const RunStatistics& statistics);

std::string summary_json(const RunFacts& facts, const RunStatistics& statistics, const QuantileSketch& exponents,
                         const QuantileSketch& errors);

}  // namespace shockstep
