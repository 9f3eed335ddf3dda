#include "output/report/solver_report.hpp"

#include "controller/fitted_solver_json.hpp"
#include "output/grid.hpp"
#include "output/report/base64.hpp"
#include "output/report/schedule_report.hpp"
#include "stepper/solver_weights.hpp"

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

Json page_json(const FittedSolver& solver) {
  Json out = solver_json(solver), predict = Json::array(), correct = Json::array();
  if (!solver.gained()) return out;  // a plan has no weights of its own
  for (const SolverStep& step : analytic_steps(solver))
    predict.push_back(step.predict), correct.push_back(step.correct);
  out["analytic"] = {{"predict", std::move(predict)}, {"correct", std::move(correct)}};
  return out;
}

}  // namespace

Json solver_report(const std::string& title, const RunSetup& setup, const std::vector<FittedSolver>& solvers,
                   std::span<const std::int64_t> shape) {
  Json out = fit_page(title, setup, solvers.front().sigma_min, solvers.front().sigmas.front());
  Json& page = out["solver"] = {{"solvers", Json::array()}, {"evaluations", fit_rows(solvers)}};
  for (const FittedSolver& solver : solvers) page["solvers"].push_back(page_json(solver));
  if (Json images = strip(solvers, shape); !images.is_null()) page["strip"] = std::move(images);
  return out;
}

}  // namespace shockstep
