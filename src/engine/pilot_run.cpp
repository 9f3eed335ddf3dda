#include "engine/pilot_run.hpp"

#include <shockstep/error.hpp>

#include "core/statistics.hpp"
#include "engine/cancel_only.hpp"
#include "engine/engine.hpp"
#include "engine/pilot.hpp"
#include "stepper/grid_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

namespace shockstep {

PilotRun run_on_pilot(const ScoreModel& model, const Process& process, const SamplerOptions& options, int rows,
                      const Observer* observer) {
  Plan plan(process, options);
  plan.latents = pilot_latents;
  plan.way = GridRun{.grid = std::make_shared<const GridPlan>(make_grid_plan(process, options))};
  const auto d = static_cast<std::size_t>(model.dimension());
  PilotRun out{.samples = PilotRows(static_cast<std::size_t>(rows) * d, std::numeric_limits<double>::quiet_NaN())};
  CancelOnly cancel(observer);
  EngineRun run{.model = model, .plan = plan, .first = 0, .count = rows, .batch = rows, .observer = &cancel};
  run.finished = [&](const Trajectory& t) {
    const auto row = static_cast<std::ptrdiff_t>(t.report().trajectory);
    std::ranges::copy(t.sample(), out.samples.begin() + row * static_cast<std::ptrdiff_t>(d));
  };
  out.evaluations = run_engine(run).evaluations;
  cancel.throw_if_cancelled();
  if (!all_finite(out.samples)) throw ModelError("a pilot trajectory on a fixed grid failed; check the model");
  return out;
}

std::vector<double> errors_of_rows(const PilotRows& samples, const PilotRows& exact, std::size_t d) {
  std::vector<double> errors;
  for (std::size_t at = 0; at < exact.size(); at += d)
    errors.push_back(rms_difference(std::span(samples).subspan(at, d), std::span(exact).subspan(at, d)));
  return errors;
}

SolverErrors errors_of(const std::vector<double>& of_rows) {
  double square = 0;
  for (const double e : of_rows) square += e * e;
  return {std::sqrt(square / static_cast<double>(of_rows.size())), quantile(of_rows, .5), std::ranges::max(of_rows)};
}

}  // namespace shockstep
