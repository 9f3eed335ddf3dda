/// What the pilot's trajectories say of the errors of others (docs/solver.md).
#pragma once

#include <vector>

namespace shockstep {

/// gaps[row][node]; of every node the root mean square over rows.
std::vector<double> usual_gaps(const std::vector<std::vector<double>>& gaps);
/// gap_ratio() of each row.
std::vector<double> gap_ratios(const std::vector<std::vector<double>>& gaps, const std::vector<double>& usual);

/// What an estimate by differences from references is with the error of these, `own`: the larger of both where they are far apart.
double with_references(double estimate, double own);

/// FittedSolver::usual_estimate from errors of rows that the fit did not see, and the ratios of their gaps. 0: all errors are.
double usual_estimate(const std::vector<double>& errors, const std::vector<double>& ratios);

}  // namespace shockstep
