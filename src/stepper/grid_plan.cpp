#include "stepper/grid_plan.hpp"

#include <shockstep/error.hpp>

#include "stepper/tableaus_temporary.hpp"

#include <algorithm>
#include <string>

namespace shockstep {
namespace {

constexpr int few_steps = 15;  // below this, diffusers lowers the order of the last two steps

/// Values used by step n of `total`, the one to sigma = 0 or a corrector's last included.
int order_at(Method method, int order, int n, int total) {
  const int known = std::min(order, n + 1);  // the first steps have fewer
  switch (method) {
    case Method::unipc: return std::min(known, total - n);  // diffusers' lower_order_final, on by default
    case Method::dpmpp_3m:
    case Method::deis: return total < few_steps ? std::min(known, total - n) : known;
    default: return known;  // multistep, and what agrees with k-diffusion
  }
}

int fixed_order(Method method) {
  switch (method) {
    case Method::dpmpp_2m:
    case Method::dpmpp_2m_sde: return 2;
    case Method::dpmpp_3m:
    case Method::dpmpp_3m_sde: return 3;
    default: return 1;
  }
}

/// On long steps an extrapolation of order 3 overshoots, and leaves modes wider than order 2 does: the more so on grids that are
/// coarse at small sigma, such as Karras'.
constexpr int nodes_for_order_3 = 20;

int usual_order(const SamplerOptions& options, std::size_t nodes) {
  if (options.method == Method::own) return options.own.order;
  const Orders known = orders(options.method, options.dynamics);
  if (known.most == 0) return fixed_order(options.method);
  return options.dynamics == Dynamics::sde && nodes < nodes_for_order_3 ? 2 : known.usual;
}

void add_noisy_step(GridPlan& plan, std::span<const double> nodes, double end) {
  const NoisyStep step = plan.method == Method::ancestral ? ancestral_step(nodes[0], end, plan.eta)
                                                          : sde_step(plan.method, nodes, end, plan.eta);
  plan.predict.push_back(step.sums.predict);
  if (corrects(plan.method)) plan.correct.push_back(step.sums.correct);
  if (plan.eta > 0) plan.spread.push_back(step.spread);
}

LinearStep own_step(const LinearMethod& own, std::span<const double> nodes, double end) {
  const LinearStep step = own.step(nodes, end);
  if (step.values < 1 || static_cast<std::size_t>(step.values) > nodes.size())
    throw ConfigError("sampler.own.step", "must return 1 to " + std::to_string(nodes.size()) +
                                              " values, as many as it was given sigmas; got " +
                                              std::to_string(step.values));
  return step;
}

void add_linear_steps(GridPlan& plan, int order, const SamplerOptions& options) {
  const std::vector<double>& sigmas = plan.sigmas;
  const int steps = static_cast<int>(sigmas.size()) - 1;
  const int total = plan.final == Final::denoise || corrects(plan.method) ? steps + 1 : steps;
  for (int n = 0; n < steps; ++n) {
    const int k = order_at(plan.method, order, n, total);
    plan.order = std::max(plan.order, k);
    std::vector<double> nodes;
    for (int i = 0; i < k; ++i) nodes.push_back(sigmas[static_cast<std::size_t>(n - i)]);
    const double end = sigmas[static_cast<std::size_t>(n) + 1];
    if (options.dynamics == Dynamics::sde) {
      add_noisy_step(plan, nodes, end);
      continue;
    }
    switch (plan.method) {
      case Method::dpmpp_2m:
      case Method::dpmpp_3m: plan.predict.push_back(dpmpp_step(nodes, end)); break;
      case Method::multistep:
      case Method::unipc: {
        const auto step =
            plan.method == Method::unipc ? unipc_step(nodes, end, options.solver_type) : exponential_step(nodes, end);
        plan.predict.push_back(step.predict);
        plan.correct.push_back(step.correct);
        break;
      }
      case Method::own:
        plan.noise = options.own.noise;
        plan.predict.push_back(own_step(options.own, nodes, end));
        break;
      default:  // euler, deis, lms
        plan.noise = true;
        plan.predict.push_back(
            adams_step(nodes, end, plan.method == Method::deis ? PolynomialIn::log_sigma : PolynomialIn::sigma));
    }
  }
}

int evaluations(Method method, Final final, int steps) {
  const int last = final == Final::denoise ? 1 : 0;
  if (is_runge_kutta(method)) return steps * tableau_of(method).evaluations() + last;
  if (method == Method::heun) return 2 * steps + last;
  return corrects(method) ? steps + 1 : steps + last;
}

}  // namespace

bool corrects(Method method) { return method == Method::multistep || method == Method::unipc; }

int grid_nodes(Method method, Final final, int count) {
  return final == Final::keep && !corrects(method) ? count + 1 : count;
}

int grid_evaluations(Method method, Final final, int count) {
  return evaluations(method, final, grid_nodes(method, final, count) - 1);
}

GridPlan make_grid_plan(const Process& process, const SamplerOptions& options) {
  const FixedSteps& steps = options.steps.value();
  const bool listed = !steps.sigmas.empty();
  if (steps.count < fewest_steps || steps.count > most_steps)
    throw ConfigError("sampler.steps.count", "must be from " + std::to_string(fewest_steps) + " to " +
                                                 std::to_string(most_steps) + ", got " + std::to_string(steps.count));
  if (listed && steps.sigmas.back() == 0 && options.final == Final::keep)
    throw ConfigError(steps.origin, "ends with 0, which is sampler.final: denoise; drop the 0 or ask for denoise");
  const int nodes = grid_nodes(options.method, options.final, steps.count);

  GridPlan plan{.method = options.method, .final = options.final, .sigmas = grid_sigmas(steps, process, nodes)};
  plan.evaluations = evaluations(plan.method, plan.final, static_cast<int>(plan.sigmas.size()) - 1);
  if (plan.evaluations > options.max_evaluations)
    throw ConfigError("sampler.max_evaluations", "must be at least " + std::to_string(plan.evaluations) + ", what " +
                                                     std::string(name(plan.method)) + " takes on this grid, got " +
                                                     std::to_string(options.max_evaluations));
  if (plan.method == Method::heun || is_runge_kutta(plan.method)) return plan;
  if (options.dynamics == Dynamics::sde) plan.eta = options.eta;
  plan.wanted_order = options.order > 0 ? options.order : usual_order(options, plan.sigmas.size());
  add_linear_steps(plan, plan.wanted_order, options);
  return plan;
}

}  // namespace shockstep
