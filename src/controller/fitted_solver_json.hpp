/// A fitted solver as a JSON document, and back; for sources only.
#pragma once

#include <shockstep/fitted_solver_file.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace shockstep {

nlohmann::ordered_json solver_json(const FittedSolver& solver);
/// Throws FileError (with `path`) if the document holds none. What was written is read to the last bit.
FittedSolver solver_from_json(const nlohmann::ordered_json& json, const std::string& path);

}  // namespace shockstep
