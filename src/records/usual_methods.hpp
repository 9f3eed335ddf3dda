/// Errors of published methods beside those of fitted solvers.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace shockstep {

struct UsualMethod {
  std::string name;
  std::vector<SolverErrors> errors{};  ///< with as many evaluations as each solver
};

struct UsualMethods {
  std::vector<UsualMethod> methods{};  ///< none where the solvers came from a file
  std::int64_t evaluations = 0;        ///< rows that the model computed for them
};

}  // namespace shockstep
