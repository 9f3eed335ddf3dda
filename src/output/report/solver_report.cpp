#include "output/report/solver_report.hpp"

#include "controller/fitted_solver_json.hpp"
#include "output/grid.hpp"
#include "output/report/base64.hpp"
#include "output/report/schedule_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_pictured = 8, images_a_row = 8, most_strip_bytes = 2400000;  // as of the samples of a run

/// A row for each solver, of many a few, and each plan, and where the flow leads; null where the samples are no images, or not known.
Json strip(const std::vector<FittedSolver>& solvers, std::span<const std::int64_t> shape) {
  const auto picture = as_picture(shape);
  if (!picture || std::ranges::any_of(solvers, [](const FittedSolver& s) { return s.pilot.exact.empty(); })) return {};
  const auto side = [](int n) { return static_cast<std::size_t>(n); };
  const std::size_t row = images_a_row * side(picture->channels) * side(picture->height) * side(picture->width);
  std::vector<float> values;
  Json rows = Json::array();
  const auto add = [&](const std::vector<double>& samples, const std::string& label) {
    if (samples.empty()) return;
    for (std::size_t i = 0; i < row; ++i)
      values.push_back(i < samples.size() ? static_cast<float>(samples[i]) : std::numeric_limits<float>::quiet_NaN());
    rows.push_back(label);
  };
  const std::size_t every = (solvers.size() + most_pictured - 1) / most_pictured;
  for (std::size_t i = 0; i < solvers.size(); i += every) {
    const FittedSolver& solver = solvers[i];
    const std::string count = std::to_string(solver.sigmas.size());
    add(solver.pilot.plan, count + ", plan");
    add(solver.pilot.solver, count + ", fitted");
  }
  add(solvers.back().pilot.exact, "the flow");
  const Image image = shrunk(grid(*picture, values, images_a_row), most_strip_bytes);
  return {{"png", "data:image/png;base64," + base64(encode_png(image))}, {"rows", std::move(rows)}};
}

Json usual_json(const UsualMethods& usual) {
  Json methods = Json::array();
  for (const UsualMethod& method : usual.methods) {
    Json errors = Json::array();
    for (const SolverErrors& error : method.errors) errors.push_back({{"rms", error.rms}, {"median", error.median}});
    methods.push_back({{"name", method.name}, {"errors", std::move(errors)}});
  }
  return {{"methods", std::move(methods)}, {"evaluations", usual.evaluations}};
}

}  // namespace

Json solver_report(const std::string& title, const RunSetup& setup, const std::vector<FittedSolver>& solvers,
                   const UsualMethods& usual, std::span<const std::int64_t> shape) {
  Json out = fit_page(title, setup, solvers.front().sigma_min, solvers.front().sigmas.front());
  Json& page = out["solver"] = {{"solvers", Json::array()}, {"evaluations", fit_rows(solvers)}};
  for (const FittedSolver& solver : solvers) page["solvers"].push_back(solver_json(solver));
  page["usual"] = usual_json(usual);
  if (Json images = strip(solvers, shape); !images.is_null()) page["strip"] = std::move(images);
  return out;
}

}  // namespace shockstep
