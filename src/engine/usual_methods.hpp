/// Published methods beside the solvers of a fit, for its report.
#pragma once

#include "records/usual_methods.hpp"

#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/score_model.hpp>

#include <vector>

namespace shockstep {

/// On the pilot trajectories of the fit that the solvers are of. Throws as the fit, and Cancelled where `observer` cancels.
UsualMethods usual_methods(const ScoreModel& model, const Process& process, const std::vector<FittedSolver>& solvers,
                           const Observer* observer = nullptr);

}  // namespace shockstep
