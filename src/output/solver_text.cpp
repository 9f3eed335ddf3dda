#include "output/solver_text.hpp"

#include "controller/fitted_solver_json.hpp"
#include "core/text.hpp"
#include "output/json.hpp"

#include <cmath>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;
using Solvers = std::vector<FittedSolver>;

std::string solvers_title(const Solvers& solvers) {
  std::vector<std::string> counts;
  for (const FittedSolver& solver : solvers) counts.push_back(std::to_string(solver.sigmas.size()));
  std::string out = "# " + join(counts) + " evaluations by " + (solvers.size() == 1 ? "a solver" : "solvers") +
                    " that shockstep fitted to " + solvers.front().origin.model + "\n";
  for (const FittedSolver& solver : solvers)
    out += (solvers.size() == 1 ? "# Errors: " : "# " + std::to_string(solver.sigmas.size()) + ": ") +
           solver_line(solver) + "\n";
  return out;
}

// Values that JSON writes on one line are YAML too.
std::string solvers_yaml(const Solvers& solvers) {
  const bool one = solvers.size() == 1;
  std::string out = solvers_title(solvers) + "# sampler: {steps: {file: solver.yaml" +
                    (one ? "" : ", count: " + std::to_string(solvers.front().sigmas.size())) + "}} samples with it.\n";
  const Json json = solvers_json(solvers);
  for (const auto& [key, value] : json.items()) {
    if (key == "solvers") {
      out += key + ":\n";
      for (const Json& solver : value) out += "- " + solver.dump() + "\n";
    } else {
      out += key + ": " + value.dump() + "\n";
    }
  }
  return out;
}

// FittedSolver says what these do; of a plan there is nothing but nodes to print.
constexpr const char* numpy_imports = "import math\n";
constexpr const char* numpy_sample = R"(
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

constexpr const char* torch_imports = "import math\n\nimport torch\n";
constexpr const char* torch_sample = R"(
    """x: noise of standard deviation sigmas[0], [B, ...]. denoise(x, sigma [B]): the denoised x, a model of k-diffusion. float64 within."""
    dtype, x, F = x.dtype, x.double(), []
    y = x / math.hypot(sigmas[0], s)
    for n, sigma in enumerate(sigmas):
        D = denoise(x.to(dtype), x.new_full((len(x),), sigma, dtype=dtype)).double()
        F.insert(0, (D - s * s / (sigma * sigma + s * s) * x) * (math.hypot(sigma, s) / sigma))
        y = y + sum(weight * value for weight, value in zip(correct[n], F))
        point = y + sum(weight * value for weight, value in zip(predict[n], F))
        x = point * (math.hypot(sigmas[n + 1], s) if n + 1 < len(sigmas) else end_scale)
    return x.to(dtype)
)";

std::string numbers(const FittedSolver& solver) {
  const Json json = solver_json(solver);
  return json.at("sigmas").dump() + ", " + shortest(solver.data_std) + ", " + shortest(solver.end_scale()) + ", " +
         json.at("correct").dump() + ", " + json.at("predict").dump();
}

// The numbers of a solver, or of several by their evaluations, and the function that runs them.
std::string solvers_python(const Solvers& solvers, bool torch) {
  constexpr const char* names = "sigmas, s, end_scale, correct, predict";
  std::string out = solvers_title(solvers);
  const std::string imports = torch ? torch_imports : numpy_imports;
  const std::string marks = torch ? "\n\n@torch.no_grad()\n" : "\n\n";
  const std::string body = torch ? torch_sample : numpy_sample;
  if (solvers.size() == 1) {
    const FittedSolver& solver = solvers.front();
    const Json json = solver_json(solver);
    out += "sigmas = " + json.at("sigmas").dump() + "\n";
    if (!solver.gained()) return out;
    out += "s, end_scale = " + shortest(solver.data_std) + ", " + shortest(solver.end_scale()) + "\n";
    for (const char* key : {"correct", "predict"}) out += std::string(key) + " = " + json.at(key).dump() + "\n";
    return out + "\n" + imports + marks + "def sample(denoise, x):" + body;
  }
  out += std::string("# ") + names + " of each that is better than the plan\nsolvers = {\n";
  for (const FittedSolver& solver : solvers)
    if (solver.gained()) out += "    " + std::to_string(solver.sigmas.size()) + ": (" + numbers(solver) + "),\n";
  return out + "}\n\n" + imports + marks + "def sample(denoise, x, count):\n    " + names + " = solvers[count]" + body;
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

std::string solver_text(const std::vector<FittedSolver>& solvers, ScheduleFormat format) {
  switch (format) {
    case ScheduleFormat::yaml: return solvers_yaml(solvers);
    case ScheduleFormat::python: return solvers_python(solvers, false);
    case ScheduleFormat::torch: return solvers_python(solvers, true);
    case ScheduleFormat::json: break;
  }
  return dump(solvers_json(solvers));
}

}  // namespace shockstep
