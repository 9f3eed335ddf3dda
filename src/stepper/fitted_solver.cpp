#include <shockstep/fitted_solver.hpp>

#include "core/nan.hpp"
#include "stepper/gap_ratio.hpp"

#include <cmath>
#include <utility>

namespace shockstep {

bool fits_solver(const SamplerOptions& options) {
  return options.method == Method::multistep && options.dynamics == Dynamics::ode && options.order == 0;
}

double FittedSolver::error_estimate(double gap_ratio) const {
  return usual_estimate > 0 ? usual_estimate * std::pow(gap_ratio, gap_power) : nan;
}

std::optional<std::int64_t> FittedSolver::pays_from() const {
  const double saved = usual.needed - static_cast<double>(sigmas.size());
  if (!(saved > 0)) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(evaluations) / saved));
}

std::int64_t fit_rows(std::span<const FittedSolver> solvers) {
  std::int64_t rows = solvers.empty() ? 0 : solvers.front().shared;
  for (const FittedSolver& solver : solvers) rows += solver.evaluations - solver.shared;
  return rows;
}

FixedSteps solver_steps(std::shared_ptr<const FittedSolver> solver) {
  FixedSteps steps{.schedule = Schedule::plan};
  steps.count = static_cast<int>(solver->sigmas.size());
  if (solver->gained()) {
    steps.solver = std::move(solver);
  } else {
    steps.sigmas = solver->sigmas;
    steps.scales.data_std = solver->data_std;
    steps.error_estimate = solver->error_estimate(1);
  }
  return steps;
}

}  // namespace shockstep
