#include "output/solver_text.hpp"

#include "controller/fitted_solver_json.hpp"
#include "core/text.hpp"
#include "output/json.hpp"

#include <cmath>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

std::string solver_title(const FittedSolver& solver) {
  return "# " + std::to_string(solver.sigmas.size()) + " evaluations by a solver that shockstep fitted to " +
         solver.origin.model + "\n# Errors: " + solver_line(solver) + "\n";
}

std::string solver_yaml(const FittedSolver& solver) {
  std::string out = solver_title(solver) + "# sampler: {steps: {file: solver.yaml}} samples with it.\n";
  // Values that JSON writes on one line are YAML too.
  const Json json = solver_json(solver);
  for (const auto& [key, value] : json.items()) out += key + ": " + value.dump() + "\n";
  return out;
}

// FittedSolver says what it does; of a plan there is nothing but nodes to print.
constexpr const char* stand_alone = R"(
import math


def sample(denoise, x):
    """x: noise of standard deviation sigmas[0]. denoise(x, sigma): the denoised x. Tensors of Torch or arrays of NumPy."""
    y, F = x / math.hypot(sigmas[0], s), []
    for n, sigma in enumerate(sigmas):
        F.insert(0, (denoise(x, sigma) - s * s / (sigma * sigma + s * s) * x) * (math.hypot(sigma, s) / sigma))
        for weight, value in zip(correct[n], F):
            y = y + weight * value
        point = y
        for weight, value in zip(predict[n], F):
            point = point + weight * value
        x = point * (math.hypot(sigmas[n + 1], s) if n + 1 < len(sigmas) else end_scale)
    return x
)";

std::string solver_python(const FittedSolver& solver) {
  const Json json = solver_json(solver);
  std::string out = solver_title(solver) + "sigmas = " + json.at("sigmas").dump() + "\n";
  if (!solver.gained()) return out;
  out += "s, end_scale = " + shortest(solver.data_std) + ", " + shortest(solver.end_scale()) + "\n";
  for (const char* key : {"correct", "predict"}) out += std::string(key) + " = " + json.at(key).dump() + "\n";
  return out + stand_alone;
}

std::string errors_line(const SolverErrors& error) {
  return "rms " + three_digits(error.rms) + ", median " + three_digits(error.median);
}

}  // namespace

std::string solver_line(const FittedSolver& solver) {
  const int covered = static_cast<int>(std::lround(100. * solver.rows / (solver.rows + 1)));
  return errors_line(solver.error) + ", " + std::to_string(covered) + " % below " + three_digits(solver.error.largest) +
         (solver.gained() ? "; plan " + errors_line(solver.plan) : " (no gain: the plan)") + "; " +
         std::to_string(solver.rows) + " trajectories, each left out; fitted with " +
         std::to_string(solver.evaluations) + " evaluations";
}

std::string solver_text(const FittedSolver& solver, ScheduleFormat format) {
  switch (format) {
    case ScheduleFormat::yaml: return solver_yaml(solver);
    case ScheduleFormat::python: return solver_python(solver);
    case ScheduleFormat::json: break;
  }
  return dump(solver_json(solver));
}

}  // namespace shockstep
