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

std::string errors_text(const SolverErrors& error) {
  return "root mean square error " + three_digits(error.rms) + ", median " + three_digits(error.median);
}

/// A further sample is below the largest of n errors in n cases of n + 1.
std::string covered_text(const FittedSolver& solver) {
  const int covered = static_cast<int>(std::lround(100. * solver.rows / (solver.rows + 1)));
  return std::to_string(covered) + " % of samples err less than " + three_digits(solver.error.largest);
}

std::string price_text(const FittedSolver& solver) {
  const UsualMethods& usual = solver.usual;
  const std::string price = "the fit took " + std::to_string(solver.evaluations) + " evaluations";
  if (usual.methods.empty()) return price;
  if (!solver.gained()) return price + ", which do not pay";
  const auto from = solver.pays_from();
  if (!from) return price + ", which do not pay: " + usual.best + " is no worse with as many evaluations a sample";
  return price + " and pays from " + std::to_string(*from) + " samples on: " + usual.best + " needs about " +
         three_digits(usual.needed) + " evaluations a sample for that error";
}

}  // namespace

std::string solver_line(const FittedSolver& solver) {
  return errors_text(solver.error) + ", " + covered_text(solver) +
         (solver.gained() ? "; the plan has " + errors_text(solver.plan)
                          : "; no solver was better than the plan, so this is the plan") +
         "; measured on " + std::to_string(solver.rows) + " trajectories that were left out of the fit in turn; " +
         price_text(solver);
}

std::vector<std::string> solver_lines(const FittedSolver& solver) {
  const std::string count = std::to_string(solver.sigmas.size()) + " evaluations: ";
  std::vector<std::string> out{count +
                               (solver.gained() ? "" : "no solver was better than the plan, so this is the plan; ") +
                               errors_text(solver.error) + "; " + covered_text(solver)};
  if (solver.gained()) out.push_back("  the plan with as many evaluations: " + errors_text(solver.plan));
  out.push_back("  measured on " + std::to_string(solver.rows) + " trajectories that were left out of the fit in turn");
  out.push_back("  " + price_text(solver));
  if (solver.usual.methods.empty())
    out.emplace_back(
        "  it is kept from an earlier run, which measured no published methods; SHOCKSTEP_CACHE=off fits anew");
  else
    out.push_back("  to compare, published methods took " + std::to_string(solver.usual.evaluations) +
                  " evaluations more");
  return out;
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
