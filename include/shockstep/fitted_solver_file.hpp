/// Fitted solvers as text, and back.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// What every document of a solver has: the number of its format.
inline constexpr const char* solver_mark = "shockstep_solver";

/// JSON text, which is YAML too.
std::string to_json(const FittedSolver& solver);
/// The same of several, the fewest evaluations first; of a single one it is that of to_json().
std::string solvers_to_json(const std::vector<FittedSolver>& solvers);
/// The solver of such a text, to the last bit. Throws FileError (with `path`) if it holds none.
FittedSolver fitted_solver_from_json(const std::string& text, const std::string& path);
/// All solvers of either text, the fewest evaluations first.
std::vector<FittedSolver> fitted_solvers_from_json(const std::string& text, const std::string& path);

}  // namespace shockstep
