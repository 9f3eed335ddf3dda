#include <shockstep/calibrate.hpp>
#include <shockstep/error.hpp>
#include <shockstep/fitted_solver_file.hpp>
#include <shockstep/model_scales.hpp>

#include "core/cached.hpp"
#include "core/statistics.hpp"
#include "engine/cancel_only.hpp"
#include "engine/engine.hpp"
#include "engine/pilot.hpp"
#include "engine/reference_paths.hpp"
#include "engine/solver_grid.hpp"
#include "engine/solver_paths.hpp"
#include "process/step_plan.hpp"
#include "stepper/grid_plan.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shockstep {
namespace {

constexpr int few_nodes = 8;
constexpr std::int64_t few_node_budget = 600, many_node_budget = 1500, exact_budget = 10'000;
// Of the references, whose own errors matter with many nodes; so many times those of the solver at least.
constexpr int reference_nodes_few = 20, reference_nodes_many = 30;
constexpr double reference_finer = 1.5;
constexpr int rows_at_once = 8, most_pilot_rows = 64;
constexpr int grids_planned = 6;      // with more rows than rows_at_once
constexpr int runs_after = 3;         // of all rows after the search: the plan, and the fits to either half
constexpr double clearly_less = .97;  // of the rms, for a grid to be taken for another
constexpr double smallest_move = .2;  // of the search
constexpr double safely_better = .8;  // of the plan's rms: 8 rows measure both
constexpr double many_prior = 3, from_nodes = 12, to_nodes = 20;

std::int64_t budget_of(const ScoreModel& model, int nodes, std::int64_t wanted) {
  if (wanted > 0) return wanted;
  if (model.exact()) return exact_budget;
  return nodes <= few_nodes ? few_node_budget : many_node_budget;
}

int reference_nodes(int nodes) {
  if (nodes <= few_nodes) return reference_nodes_few;
  return std::max(reference_nodes_many, static_cast<int>(reference_finer * nodes));
}

/// With more nodes analytic weights are better, and deserve more belief.
PriorStrength prior_of(int nodes) {
  const double part = std::clamp(std::log(nodes / from_nodes) / std::log(to_nodes / from_nodes), 0., 1.);
  const double factor = std::pow(many_prior, part);
  const PriorStrength usual;
  return {usual.predict * factor, usual.correct * factor};
}

SolverErrors errors_of(const std::vector<double>& errors) {
  double square = 0;
  for (const double e : errors) square += e * e;
  return {std::sqrt(square / static_cast<double>(errors.size())), quantile(errors, .5), std::ranges::max(errors)};
}

/// sigma_max to sigma_min.
std::vector<double> planned_nodes(const ModelScales& scales, const Process& process, int nodes) {
  FixedSteps steps{.schedule = Schedule::plan};
  steps.scales = scales;
  return grid_sigmas(steps, process, nodes);
}

class SolverFit {
 public:
  SolverFit(const ScoreModel& model, const Process& process, const SamplerOptions& options, std::int64_t most,
            Observer* observer)
      : model_(model),
        process_(process),
        options_(options),
        observer_(observer),
        nodes_(options.steps->count),
        most_(budget_of(model, nodes_, most)),
        scales_(measure(model, process, options.scales_cache)),
        field_(model, rows(), scales_.data_std),
        reference_(field_, planned_nodes(scales_, process, reference_nodes(nodes_))) {
    ends_.sigma_min = process.sigma_min(), ends_.data_std = scales_.data_std, ends_.final = options.final;
  }

  FittedSolver fit();

 private:
  struct TriedGrid {
    SolverGridShape shape;
    std::vector<double> sigmas;
    FittedSteps fitted;
    double error() const { return errors_of(fitted.errors).rms; }
  };

  static MeasuredScales measure(const ScoreModel& model, const Process& process, const std::string& cache) {
    std::int64_t ignored = 0;  // what they took once is part of a fit's price, wherever they come from now
    return measure_scales(model, process, cache, ignored);
  }
  int rows() const;
  TriedGrid tried(const SolverGridShape& shape);
  TriedGrid searched();
  std::vector<double> left_out(const std::vector<double>& sigmas);
  std::vector<double> plan_errors();
  std::int64_t one_run() const { return static_cast<std::int64_t>(field_.rows()) * nodes_; }
  std::int64_t spent() const { return scales_.evaluations + field_.evaluations() + planned_; }
  void tell() const {
    if (!observer_) return;
    observer_->progress(static_cast<double>(spent()) / static_cast<double>(most_));
    if (observer_->cancelled()) throw Cancelled("the fit of the solver was cancelled");
  }

  const ScoreModel& model_;
  const Process& process_;
  const SamplerOptions& options_;
  Observer* observer_;
  int nodes_;
  std::int64_t most_, planned_ = 0;  // planned_: rows of the plan's run
  MeasuredScales scales_;
  PilotField field_;
  ReferencePaths reference_;
  FittedSolver ends_;  // of its members those that fit_steps() asks for
  int grids_ = 0;
};

/// As many as leave a search its grids; eight where there is enough for one.
int SolverFit::rows() const {
  const std::int64_t left = most_ - scales_.evaluations, references = reference_nodes(nodes_);
  if (rows_at_once * (references + (1 + runs_after) * nodes_) > left)
    throw ConfigError("sampler.steps.count", "a fitted solver of " + std::to_string(nodes_) +
                                                 " evaluations takes more than the " + std::to_string(most_) +
                                                 " evaluations of a fit; take fewer, or schedule: plan");
  const std::int64_t each = references + (grids_planned + runs_after) * nodes_;
  return static_cast<int>(std::clamp<std::int64_t>(left / each / rows_at_once, 1, most_pilot_rows / rows_at_once)) *
         rows_at_once;
}

SolverFit::TriedGrid SolverFit::tried(const SolverGridShape& shape) {
  TriedGrid out{.shape = shape, .sigmas = solver_nodes(scales_, process_, nodes_, shape), .fitted = {}};
  ++grids_;
  out.fitted = fit_steps(field_, reference_, out.sigmas, ends_, prior_of(nodes_), FittedTo::all);
  tell();
  return out;
}

/// From one grid to a neighbour that is better, then to nearer ones, as long as there are evaluations. The rows' own errors judge:
/// those of rows left out of the fit are too uncertain to choose by, and chose worse grids.
SolverFit::TriedGrid SolverFit::searched() {
  TriedGrid best = tried(usual_grid(nodes_));
  std::set<SolverGridShape> seen{best.shape};
  for (double move = 1; move > smallest_move;) {
    bool moved = false;
    for (const SolverGridShape& shape : neighbours(best.shape, nodes_, move)) {
      if (spent() + (1 + runs_after) * one_run() > most_) return best;
      if (!seen.insert(shape).second) continue;
      TriedGrid next = tried(shape);
      moved = next.error() < clearly_less * best.error();
      if (moved) best = std::move(next);
      if (moved) break;
    }
    if (!moved) move /= 2;
  }
  return best;
}

/// Of each row by a fit to the other half of the rows.
std::vector<double> SolverFit::left_out(const std::vector<double>& sigmas) {
  std::vector<double> errors(field_.rows());
  for (const FittedTo half : {FittedTo::even, FittedTo::odd}) {
    const auto fitted = fit_steps(field_, reference_, sigmas, ends_, prior_of(nodes_), half);
    for (std::size_t row = 0; row < errors.size(); ++row)
      if (!fits(half, row)) errors[row] = fitted.errors[row];
    tell();
  }
  return errors;
}

std::vector<double> SolverFit::plan_errors() {
  SamplerOptions planned = options_;
  planned.steps = FixedSteps{.schedule = Schedule::plan, .count = nodes_};
  planned.steps->scales = scales_;
  planned.max_evaluations = nodes_;
  Plan plan(process_, planned);
  plan.latents = pilot_latents;
  plan.way = GridRun{.grid = std::make_shared<const GridPlan>(make_grid_plan(process_, planned))};
  PilotRows exact = reference_.end(options_.final);
  for (double& v : exact) v *= ends_.end_scale();

  std::vector<double> errors(field_.rows());
  const auto count = static_cast<int>(field_.rows());
  CancelOnly observer(observer_);
  EngineRun run{.model = model_, .plan = plan, .first = 0, .count = count, .batch = count, .observer = &observer};
  run.finished = [&](const Trajectory& t) {
    const auto row = static_cast<std::size_t>(t.report().trajectory);
    const auto d = field_.dimension();
    errors[row] = rms_difference(t.sample(), std::span(exact).subspan(row * d, d));
  };
  planned_ += run_engine(run).evaluations;
  observer.throw_if_cancelled();
  if (!all_finite(errors)) throw ModelError("a pilot trajectory of the plan failed; check the model");
  return errors;
}

FittedSolver SolverFit::fit() {
  tell();
  TriedGrid best = searched();
  FittedSolver out = ends_;
  out.origin = {model_.describe(), model_.conditioning(), process_.kind(), model_.dimension()};
  out.error = errors_of(left_out(best.sigmas));
  out.plan = errors_of(plan_errors());
  out.planned = planned_nodes(scales_, process_, nodes_);
  if (out.error.rms < safely_better * out.plan.rms)
    out.sigmas = std::move(best.sigmas), out.steps = std::move(best.fitted.steps);
  else
    out.sigmas = out.planned, out.error = out.plan;
  for (const double sigma : out.sigmas) out.times.push_back(process_.time(sigma));
  out.rows = static_cast<int>(field_.rows()), out.grids = grids_;
  out.evaluations = spent();
  if (observer_) observer_->progress(1);
  return out;
}

}  // namespace

FittedSolver fit_solver(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                        std::int64_t most_evaluations, Observer* observer) {
  if (!options.steps) throw ConfigError("sampler.steps.count", "missing; a solver is fitted for a number of steps");
  if (!fits_solver(options))
    throw ConfigError("sampler.method",
                      "a solver is a method of its own for the ODE; leave out method, order and dynamics");
  if (options.steps->count < fewest_steps)
    throw ConfigError("sampler.steps.count", "must be at least " + std::to_string(fewest_steps) + ", got " +
                                                 std::to_string(options.steps->count));
  try {
    return cached(
        options.cache, [&](const std::string& text) { return fitted_solver_from_json(text, options.cache); },
        [&] { return SolverFit(model, process, options, most_evaluations, observer).fit(); },
        [](const FittedSolver& solver) { return to_json(solver); });
  } catch (const Cancelled&) {
    FittedSolver none;
    none.complete = false;
    return none;
  }
}

}  // namespace shockstep
