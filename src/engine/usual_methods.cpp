#include "engine/usual_methods.hpp"

#include "core/needed_evaluations.hpp"
#include "engine/pilot_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

// Order of accuracy by which the second number of evaluations is chosen, and how far it may be from the first.
constexpr double likely_order = 2, most_times = 4;

struct PublishedMethod {
  const char* name;
  Method method;
  Schedule schedule;
};

SolverErrors errors_on_pilot(const ScoreModel& model, const Process& process, const FittedSolver& solver,
                             const PublishedMethod& candidate, int evaluations, std::int64_t& rows,
                             const Observer* observer) {
  SamplerOptions options;
  options.method = candidate.method;
  options.steps = FixedSteps{.schedule = candidate.schedule, .count = evaluations};
  options.final = solver.final;
  options.max_evaluations = std::numeric_limits<int>::max();
  const PilotRun run = run_on_pilot(model, process, options, solver.rows, observer);
  rows += run.evaluations;
  return errors_of(errors_of_rows(run.samples, solver.pilot.exact, static_cast<std::size_t>(model.dimension())));
}

}  // namespace

UsualMethods usual_methods(const ScoreModel& model, const Process& process, const FittedSolver& solver,
                           const Observer* observer) {
  UsualMethods out;
  if (solver.pilot.exact.empty()) return out;
  const PublishedMethod candidates[] = {{"DPM-Solver++ 2M, Karras", Method::dpmpp_2m, Schedule::karras},
                                        {"UniPC, log-uniform", Method::unipc, Schedule::log_sigma}};
  const auto count = static_cast<int>(solver.sigmas.size());
  const auto error = [&](const PublishedMethod& candidate, int evaluations) {
    return errors_on_pilot(model, process, solver, candidate, evaluations, out.evaluations, observer);
  };
  for (const PublishedMethod& candidate : candidates) out.methods.push_back({candidate.name, error(candidate, count)});
  const auto best = std::ranges::min_element(out.methods, {}, [](const UsualMethod& m) { return m.error.rms; });
  out.best = best->name, out.needed = count;
  const double wanted = solver.error.rms, first = best->error.rms;
  if (!solver.gained() || !(wanted > 0) || first <= wanted) return out;
  const double guess = std::min(std::pow(first / wanted, 1 / likely_order), most_times) * count;
  const int more = std::max(count + 1, static_cast<int>(std::lround(guess)));
  const double less = error(candidates[best - out.methods.begin()], more).rms;
  out.needed = needed_evaluations(wanted, count, first, more, less);
  return out;
}

}  // namespace shockstep
