#include "config/solver_file.hpp"

#include <shockstep/fitted_solver_file.hpp>

#include "config/yaml.hpp"
#include "core/config_json.hpp"

#include <nlohmann/json.hpp>

namespace shockstep {

std::vector<FittedSolver> solvers_of_file(const std::string& path) {
  const auto json = to_json(load_yaml(path));
  if (!json.is_object() || !json.contains(solver_mark)) return {};
  return fitted_solvers_from_json(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace), path);
}

}  // namespace shockstep
