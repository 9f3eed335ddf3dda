/// A fitted solver as text, and back.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include <string>

namespace shockstep {

/// What every document of a solver has: the number of its format.
inline constexpr const char* solver_mark = "shockstep_solver";

/// JSON text, which is YAML too.
std::string to_json(const FittedSolver& solver);
/// The solver of such a text, to the last bit. Throws FileError (with `path`) if it holds none.
FittedSolver fitted_solver_from_json(const std::string& text, const std::string& path);

}  // namespace shockstep
