/// The fit of a solver on given nodes: every step by a ridge regression along the solver's own paths.
#pragma once

#include "engine/pilot_field.hpp"
#include "engine/reference_paths.hpp"

#include <shockstep/fitted_solver.hpp>

#include <vector>

namespace shockstep {

/// How much a fit believes the analytic weights (docs/solver.md): 0 not at all, infinite: them alone.
struct PriorStrength {
  double predict = 1;
  double correct = .3;  ///< in correctors, and in the last step
};

struct FittedSteps {
  std::vector<SolverStep> steps;
  std::vector<double> errors;  ///< of each pilot row against its reference. Data units
  /// Of each row |Y_n - P_n| at the last telling_gaps nodes that have one. 1 in y
  std::vector<std::vector<double>> gaps;
  PilotRows samples;  ///< data units
};

/// Rows that a fit is made to; the others are stepped by it and not looked at.
enum class FittedTo { all, even, odd };
/// Whether the row is one of them.
inline bool fits(FittedTo which, std::size_t row) {
  return which == FittedTo::all || (row % 2 == 0) == (which == FittedTo::even);
}

/// N nodes cost N evaluations of each row. `ends`: of the solver's members sigma_min, data_std and final.
FittedSteps fit_steps(PilotField& field, const ReferencePaths& reference, const std::vector<double>& sigmas,
                      const FittedSolver& ends, const PriorStrength& prior, FittedTo which);

}  // namespace shockstep
