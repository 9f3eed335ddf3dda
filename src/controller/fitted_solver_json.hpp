/// A fitted solver as JSON, and back.
#pragma once

#include <shockstep/fitted_solver.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace shockstep {

/// Whether a document says that it is one.
bool holds_solver(const nlohmann::ordered_json& json);

nlohmann::ordered_json solver_json(const FittedSolver& solver);
/// Throws FileError (with `path`) if the document holds none. What was written is read to the last bit.
FittedSolver solver_from_json(const nlohmann::ordered_json& json, const std::string& path);
FittedSolver solver_from_text(const std::string& text, const std::string& path);

}  // namespace shockstep
