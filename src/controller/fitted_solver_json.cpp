#include "controller/fitted_solver_json.hpp"

#include <shockstep/error.hpp>

#include "controller/json_file.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

constexpr int solver_version = 1;
constexpr std::size_t most_solver_values = 15;  // with the state as many as the engine adds up at once

Json json(const SolverErrors& error) {
  return {{"rms", error.rms}, {"median", error.median}, {"largest", error.largest}};
}
SolverErrors errors_from(const Json& j) { return {j.at("rms"), j.at("median"), j.at("largest")}; }

Json json(const UsualMethods& usual, std::optional<std::int64_t> pays_from) {
  Json methods = Json::array();
  for (const UsualMethod& method : usual.methods)
    methods.push_back({{"name", method.name}, {"error", json(method.error)}});
  return {{"methods", methods},
          {"best", usual.best},
          {"needed", usual.needed},
          {"evaluations", usual.evaluations},
          {"pays_from", pays_from ? Json(*pays_from) : Json()}};
}

UsualMethods usual_from(const Json& j) {
  UsualMethods usual;
  usual.best = j.at("best"), usual.needed = j.at("needed"), usual.evaluations = whole<std::int64_t>(j, "evaluations");
  for (const Json& method : j.at("methods")) {
    UsualMethod& one = usual.methods.emplace_back();
    one.name = method.at("name"), one.error = errors_from(method.at("error"));
  }
  return usual;
}

/// `least` to as many values as there are nodes so far.
bool fit(const std::vector<double>& weights, std::size_t least, std::size_t nodes) {
  return weights.size() >= least && weights.size() <= std::min(nodes, most_solver_values) &&
         std::ranges::all_of(weights, [](double w) { return std::isfinite(w); });
}

void check(const FittedSolver& solver, const std::string& path) {
  const auto fail = [&](const char* what) { throw FileError(path, std::string("is no solver: ") + what); };
  const auto& sigmas = solver.sigmas;
  if (sigmas.size() < 2 || solver.times.size() != sigmas.size() || !(solver.sigma_min > 0) ||
      !(solver.sigma_min <= sigmas.back()) || !std::isfinite(sigmas.front()) ||
      std::ranges::adjacent_find(sigmas, [](double a, double b) { return !(b < a); }) != sigmas.end())
    fail("its sigmas must descend to sigma_min, each with a time");
  if (!(solver.data_std > 0) || !std::isfinite(solver.data_std)) fail("its data_std must be positive");
  if (!std::isfinite(solver.usual.needed) || solver.usual.needed < 0)
    fail("the evaluations that a usual method needs must be finite");
  if (solver.usual_gaps.size() >= sigmas.size() || !std::isfinite(solver.usual_estimate) ||
      !std::ranges::all_of(solver.usual_gaps, [](double gap) { return std::isfinite(gap) && gap >= 0; }))
    fail("its usual_gaps and usual_estimate must be finite, and of fewer nodes than it has");
  for (std::size_t n = 0; n < solver.steps.size(); ++n)
    if (!fit(solver.steps[n].predict, 1, n + 1) || !fit(solver.steps[n].correct, 0, n == 0 ? 0 : n + 1))
      fail("the weights of a step must be finite, and at most as many as there are nodes so far");
}

}  // namespace

Json solver_json(const FittedSolver& solver) {
  Json predict = Json::array(), correct = Json::array();
  for (const SolverStep& step : solver.steps) predict.push_back(step.predict), correct.push_back(step.correct);
  const SolverOrigin& origin = solver.origin;
  Json out{{solver_mark, solver_version},
           {"sigmas", solver.sigmas},
           {"times", solver.times},
           {"sigma_min", solver.sigma_min},
           {"data_std", solver.data_std},
           {"final", solver.final == Final::denoise ? "denoise" : "keep"},
           {"predict", predict},
           {"correct", correct},
           {"fitted_to",
            {{"model", origin.model},
             {"conditioning", origin.conditioning},
             {"process", origin.process},
             {"dimension", origin.dimension},
             {"checksum", origin.checksum}}},
           {"gained", solver.gained()},
           {"error", json(solver.error)},
           {"plan", json(solver.plan)},
           {"usual_gaps", solver.usual_gaps},
           {"usual_estimate", solver.usual_estimate},
           {"again", solver.again},
           {"planned", solver.planned},
           {"rows", solver.rows},
           {"grids", solver.grids},
           {"evaluations", solver.evaluations},
           {"shared", solver.shared}};
  if (!solver.usual.methods.empty()) out["usual"] = json(solver.usual, solver.pays_from());
  return out;
}

FittedSolver solver_from_json(const Json& json, const std::string& path) {
  try {
    if (json.at(solver_mark) != solver_version) throw FileError(path, "is a solver of another version");
    FittedSolver solver;
    solver.sigmas = json.at("sigmas").get<std::vector<double>>();
    solver.times = json.at("times").get<std::vector<double>>();
    solver.sigma_min = json.at("sigma_min"), solver.data_std = json.at("data_std");
    solver.final = json.at("final") == "keep" ? Final::keep : Final::denoise;
    solver.error = errors_from(json.at("error")), solver.plan = errors_from(json.at("plan"));
    // Older files have none of these.
    solver.usual_gaps = json.value("usual_gaps", std::vector<double>());
    solver.again = json.value("again", std::vector<double>());
    solver.usual_estimate = json.value("usual_estimate", 0.);
    solver.planned = json.at("planned").get<std::vector<double>>();
    solver.rows = whole<int>(json, "rows"), solver.grids = whole<int>(json, "grids");
    solver.evaluations = whole<std::int64_t>(json, "evaluations");
    if (json.contains("usual")) solver.usual = usual_from(json["usual"]);
    if (json.contains("shared")) solver.shared = whole<std::int64_t>(json, "shared");
    const Json& to = json.at("fitted_to");
    solver.origin = {to.at("model"), to.at("conditioning"), to.at("process"), whole<std::int64_t>(to, "dimension"),
                     to.value("checksum", "")};
    const auto weights = [&](const char* key) { return json.at(key).get<std::vector<std::vector<double>>>(); };
    auto predict = weights("predict"), correct = weights("correct");
    if (predict.size() != correct.size() || (!predict.empty() && predict.size() != solver.sigmas.size()))
      throw FileError(path, "is no solver: it needs weights for every node");
    for (std::size_t n = 0; n < predict.size(); ++n)
      solver.steps.push_back({.correct = std::move(correct[n]), .predict = std::move(predict[n])});
    check(solver, path);
    return solver;
  } catch (const FileError&) {
    throw;
  } catch (const std::exception& e) {
    throw FileError(path, "is no solver (" + printable(e.what(), 300) + ")");
  }
}

Json solvers_json(const std::vector<FittedSolver>& solvers) {
  if (solvers.size() == 1) return solver_json(solvers.front());
  Json all = Json::array();
  for (const FittedSolver& solver : solvers) all.push_back(solver_json(solver));
  return {{solver_mark, solver_version}, {"solvers", all}, {"evaluations", fit_rows(solvers)}};
}

std::vector<FittedSolver> solvers_from_json(const Json& json, const std::string& path) {
  if (!json.contains("solvers")) return {solver_from_json(json, path)};
  const Json& all = json["solvers"];
  if (!all.is_array() || all.empty()) throw FileError(path, "is no solver: `solvers` must be a list of them");
  std::vector<FittedSolver> out;
  for (const Json& one : all) out.push_back(solver_from_json(one, path));
  const auto count = [](const FittedSolver& solver) { return solver.sigmas.size(); };
  if (std::ranges::adjacent_find(out, std::greater_equal(), count) != out.end())
    throw FileError(path, "is no solver: each of `solvers` must have more evaluations than those before");
  return out;
}

std::string to_json(const FittedSolver& solver) { return solver_json(solver).dump(1); }

std::string solvers_to_json(const std::vector<FittedSolver>& solvers) { return solvers_json(solvers).dump(1); }

FittedSolver fitted_solver_from_json(const std::string& text, const std::string& path) {
  return parsed(text, path, "solver", [&](const Json& j) { return solver_from_json(j, path); });
}

std::vector<FittedSolver> fitted_solvers_from_json(const std::string& text, const std::string& path) {
  return parsed(text, path, "solver", [&](const Json& j) { return solvers_from_json(j, path); });
}

}  // namespace shockstep
