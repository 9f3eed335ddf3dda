/// Fitted solvers as a JSON document, and back; for sources only.
#pragma once

#include <shockstep/fitted_solver_file.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace shockstep {

nlohmann::ordered_json solver_json(const FittedSolver& solver);
/// Throws FileError (with `path`) if the document holds none. What was written is read to the last bit.
FittedSolver solver_from_json(const nlohmann::ordered_json& json, const std::string& path);

/// Several in one document, the fewest evaluations first; a single one stands alone.
nlohmann::ordered_json solvers_json(const std::vector<FittedSolver>& solvers);
std::vector<FittedSolver> solvers_from_json(const nlohmann::ordered_json& json, const std::string& path);

}  // namespace shockstep
