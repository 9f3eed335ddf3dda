/// Trajectories of the pilot on adaptive steps, as both pilots run them.
#pragma once

#include <shockstep/observer.hpp>
#include <shockstep/result.hpp>
#include <shockstep/score_model.hpp>

#include "trajectory/path_data.hpp"
#include "trajectory/plan.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace shockstep {

struct Rehearsed {
  std::vector<double> sample;  ///< empty where it is not needed: of many numbers it takes much memory
  double error = 0;            ///< root mean square from the reference, of rows that have one
  TrajectoryReport report;
  PathData path;
};

struct RehearsedRows {
  std::vector<Rehearsed> rows;
  RunStatistics statistics;  ///< of them all
};

/// Which rows of the pilot, and how many of them in one model call.
struct RehearsalRows {
  std::int64_t first = 0, count = 0;
  int batch = 64;
};

/// Runs these rows of the pilot; `plan` must be one that chooses its steps. `judge`: told each row when it is done. Throws Cancelled if
/// `caller` cancels, and ModelError, with `remedy` as what to set, if a row ends with neither status ok nor budget.
RehearsedRows rehearse(const ScoreModel& model, const Plan& plan, const RehearsalRows& which, const Observer* caller,
                       const char* remedy,
                       const std::function<void(std::size_t row, Rehearsed& rehearsed)>& judge = {});

}  // namespace shockstep
