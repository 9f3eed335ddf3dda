#include "engine/usual_methods.hpp"

#include "engine/pilot_run.hpp"

#include <limits>

namespace shockstep {
namespace {

SamplerOptions on(Method method, Schedule schedule) {
  SamplerOptions options;
  options.method = method;
  options.steps = FixedSteps{.schedule = schedule};
  options.max_evaluations = std::numeric_limits<int>::max();
  return options;
}

}  // namespace

UsualMethods usual_methods(const ScoreModel& model, const Process& process, const std::vector<FittedSolver>& solvers,
                           const Observer* observer) {
  UsualMethods out;
  for (const FittedSolver& solver : solvers)
    if (solver.pilot.exact.empty()) return out;
  out.methods = {{.name = "DPM-Solver++ 2M, Karras"}, {.name = "UniPC, log-uniform"}};
  SamplerOptions options[] = {on(Method::dpmpp_2m, Schedule::karras), on(Method::unipc, Schedule::log_sigma)};
  for (std::size_t m = 0; m < out.methods.size(); ++m)
    for (const FittedSolver& solver : solvers) {
      options[m].steps->count = static_cast<int>(solver.sigmas.size());
      options[m].final = solver.final;
      const PilotRun run = run_on_pilot(model, process, options[m], solver.rows, observer);
      out.methods[m].errors.push_back(
          errors_of(errors_of_rows(run.samples, solver.pilot.exact, static_cast<std::size_t>(model.dimension()))));
      out.evaluations += run.evaluations;
    }
  return out;
}

}  // namespace shockstep
