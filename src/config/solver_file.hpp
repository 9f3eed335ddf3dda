/// Files of fitted solvers, in YAML or JSON.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// The fewest evaluations first; none where the file is another, such as a list of sigmas. Throws FileError.
std::vector<FittedSolver> solvers_of_file(const std::string& path);

}  // namespace shockstep
