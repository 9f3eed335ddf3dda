/// report.html of fitted solvers.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include "output/run_setup.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace shockstep {

/// What the page shows: title, sigma and summary as of a schedule (schedule_report.hpp), and solver: {solvers: [what their file holds, and
/// analytic: {predict, correct}, the multistep's weights on the same nodes], evaluations, strip: {png, rows: [labels]}}, the last for
/// images of `shape`.
nlohmann::ordered_json solver_report(const std::string& title, const RunSetup& setup,
                                     const std::vector<FittedSolver>& solvers, std::span<const std::int64_t> shape);

}  // namespace shockstep
