#include "stepper/grid_plan.hpp"

#include <shockstep/error.hpp>
#include <shockstep/fitted_solver.hpp>

#include "core/text.hpp"
#include "stepper/method_spec.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace shockstep {
namespace {

constexpr double float32_rounding = 1e-6;  // relative
constexpr int few_steps = 15;              // below this, diffusers lowers the order of the last two steps

/// Values used by step n of `total`, the one to sigma = 0 or a corrector's last included.
int order_at(LastOrders last, int order, int n, int total) {
  const int known = std::min(order, n + 1);  // the first steps have fewer
  const bool falls = last == LastOrders::fall || (last == LastOrders::fall_if_few && total < few_steps);
  return falls ? std::min(known, total - n) : known;
}

/// On long steps an extrapolation of order 3 overshoots, and leaves modes wider than order 2 does: the more so on grids that are
/// coarse at small sigma, such as Karras'.
constexpr int nodes_for_order_3 = 20;

int usual_order(const SamplerOptions& options, std::size_t nodes) {
  if (options.method == Method::own) return options.own.order;
  const Orders known = orders(options.method, options.dynamics);
  const bool few = options.dynamics == Dynamics::sde && nodes < nodes_for_order_3;
  return few && known.most > 0 ? 2 : known.usual;
}

void check_growth(const GridPlan& plan, std::size_t n) {
  const std::vector<double>& sigmas = plan.sigmas;
  if (std::log(sigmas[n] / sigmas[n + 1]) <= most_growth * std::log(sigmas[n - 1] / sigmas[n])) return;
  throw ConfigError("sampler.steps", "the nodes " + shortest(sigmas[n - 1]) + " and " + shortest(sigmas[n]) +
                                         " are too near each other for the step of " + std::string(name(plan.method)) +
                                         " that follows, to " + shortest(sigmas[n + 1]) +
                                         "; leave one of them out, or take sampler.method: dpmpp_2m");
}

void add_linear_steps(GridPlan& plan, const MethodSpec& spec, const SamplerOptions& options) {
  const Linear& method = *spec.linear();
  const std::vector<double>& sigmas = plan.sigmas;
  const int steps = static_cast<int>(sigmas.size()) - 1;
  const int total = options.final == Final::denoise || method.corrects ? steps + 1 : steps;
  plan.predicts_noise = plan.method == Method::own ? options.own.noise : method.predicts_noise;
  for (int n = 0; n < steps; ++n) {
    const int k = order_at(spec.last_orders, plan.wanted_order, n, total);
    plan.order = std::max(plan.order, k);
    if (method.corrects && k > 1) check_growth(plan, static_cast<std::size_t>(n));
    std::vector<double> nodes;
    for (int i = 0; i < k; ++i) nodes.push_back(sigmas[static_cast<std::size_t>(n - i)]);
    const GridStep step = method.step(nodes, sigmas[static_cast<std::size_t>(n) + 1], options);
    plan.predict.push_back(step.predict);
    if (method.corrects) plan.correct.push_back(step.correct);
    if (plan.eta > 0) plan.spread.push_back(step.spread);
  }
}

/// The scale with which the multistep interpolates F on this grid; 0: it interpolates D, than which F is no better on other grids
/// (docs/plan.md).
double scale_of_F(const SamplerOptions& options) {
  const bool planned = options.steps && options.steps->schedule == Schedule::plan;
  return planned && options.method == Method::multistep && options.dynamics == Dynamics::ode
             ? options.steps->scales.data_std
             : 0;
}

int evaluations(Method method, Final final, int steps) {
  const int last = final == Final::denoise || corrects(method) ? 1 : 0;
  return steps * spec_of(method).evaluations() + last;
}

void check_evaluations(const GridPlan& plan, int most) {
  if (plan.evaluations > most)
    throw ConfigError("sampler.max_evaluations", "must be at least " + std::to_string(plan.evaluations) + ", what " +
                                                     std::string(name(plan.method)) + " takes on this grid, got " +
                                                     std::to_string(most));
}

/// Null where the guard is off, or has no evaluations.
std::shared_ptr<const GridPlan> plan_again(const Process& process, SamplerOptions options, const FittedSolver& solver) {
  options.max_evaluations -= static_cast<int>(solver.sigmas.size());
  if (!options.guard.enabled || options.guard.redo == Switch::off || solver.again.empty() ||
      options.max_evaluations < static_cast<int>(solver.again.size()))
    return nullptr;
  options.steps = FixedSteps{.schedule = Schedule::plan, .sigmas = solver.again};
  options.steps->scales.data_std = solver.data_std;
  return std::make_shared<const GridPlan>(make_grid_plan(process, options));
}

/// Nodes and end of the steps of a solver.
GridPlan solver_plan(const Process& process, const SamplerOptions& options, const FixedSteps& steps) {
  const FittedSolver& solver = *steps.solver;
  const auto fail = [&](const std::string& sentence) { throw ConfigError(steps.origin, sentence); };
  if (!fits_solver(options))
    fail("is a solver, a method of its own for the ODE; leave out sampler.method, order and dynamics");
  const auto same = [](double a, double b) { return std::abs(a - b) <= float32_rounding * b; };
  if (!same(solver.sigmas.front(), process.sigma_max()) || !same(solver.sigma_min, process.sigma_min()))
    fail("is a solver from sigma " + shortest(solver.sigmas.front()) + " to " + shortest(solver.sigma_min) +
         "; process has " + shortest(process.sigma_max()) + " and " + shortest(process.sigma_min()));
  if (solver.final != options.final)
    fail(std::string("is a solver for sampler.final: ") + (solver.final == Final::denoise ? "denoise" : "keep"));
  GridPlan plan{.method = options.method, .sigmas = solver.sigmas, .solver = steps.solver};
  plan.sigmas.push_back(solver.sigma_min);
  plan.evaluations = static_cast<int>(solver.sigmas.size());
  check_evaluations(plan, options.max_evaluations);
  plan.again = plan_again(process, options, solver);
  return plan;
}

}  // namespace

bool corrects(Method method) {
  const Linear* linear = spec_of(method).linear();
  return linear && linear->corrects;
}

int grid_nodes(Method method, Final final, int count) {
  return final == Final::keep && !corrects(method) ? count + 1 : count;
}

int grid_evaluations(Method method, Final final, int count) {
  return evaluations(method, final, grid_nodes(method, final, count) - 1);
}

GridPlan make_grid_plan(const Process& process, const SamplerOptions& options) {
  const FixedSteps& steps = options.steps.value();
  if (steps.solver) return solver_plan(process, options, steps);
  const bool listed = !steps.sigmas.empty();
  if (steps.count < fewest_steps || steps.count > most_steps)
    throw ConfigError("sampler.steps.count", "must be from " + std::to_string(fewest_steps) + " to " +
                                                 std::to_string(most_steps) + ", got " + std::to_string(steps.count));
  if (listed && steps.sigmas.back() == 0 && options.final == Final::keep)
    throw ConfigError(steps.origin, "ends with 0, which is sampler.final: denoise; drop the 0 or ask for denoise");
  const int nodes = grid_nodes(options.method, options.final, steps.count);

  GridPlan plan{.method = options.method, .sigmas = grid_sigmas(steps, process, nodes)};
  plan.error_estimate = steps.error_estimate;
  plan.evaluations = evaluations(plan.method, options.final, static_cast<int>(plan.sigmas.size()) - 1);
  check_evaluations(plan, options.max_evaluations);
  const MethodSpec& spec = spec_of(plan.method);
  if (!spec.linear()) return plan;
  if (options.dynamics == Dynamics::sde) plan.eta = options.eta;
  plan.scale = scale_of_F(options);
  if (plan.scale > 0) {
    plan.order = plan.wanted_order = options.order;
    return plan;
  }
  plan.wanted_order = options.order > 0 ? options.order : usual_order(options, plan.sigmas.size());
  add_linear_steps(plan, spec, options);
  return plan;
}

}  // namespace shockstep
