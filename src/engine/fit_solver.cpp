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
#include "stepper/gap_ratio.hpp"
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
constexpr double reference_finer = 1.75;
// More rows are worth more than a third set of nodes up to 12 of them, and then more sets are worth more up to the sixth.
constexpr int least_rows = 8, enough_rows = 12, most_pilot_rows = 64;
constexpr int least_grids = 2, grids_planned = 6;
constexpr int runs_after = 3;         // of all rows after the search: the plan, and the fits to either half
constexpr double clearly_less = .97;  // of the rms, for a grid to be taken for another
constexpr double smallest_move = .2;  // of the search
constexpr double safely_better = .9;  // of the plan's rms
constexpr double many_prior = 3, from_nodes = 12, to_nodes = 20;
// Of logarithms of errors at usual gaps: what they vary by on the tuning networks, for how many rows that counts beside a model's own,
// and how many such spreads above their mean an estimate is.
constexpr double usual_spread = .8, rows_of_usual_spread = 20, spreads_above = 2;
constexpr double vanishing_error = 1e-3;  // of the rms

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

/// Of every node the root mean square over rows.
std::vector<double> usual_gaps(const std::vector<std::vector<double>>& gaps) {
  std::vector<double> usual(gaps.front().size());
  for (const auto& row : gaps)
    for (std::size_t n = 0; n < usual.size(); ++n) usual[n] += row[n] * row[n];
  for (double& u : usual) u = std::sqrt(u / static_cast<double>(gaps.size()));
  return usual;
}

std::vector<double> gap_ratios(const std::vector<std::vector<double>>& gaps, const std::vector<double>& usual) {
  std::vector<double> out;
  for (const auto& row : gaps) out.push_back(gap_ratio(row, usual));
  return out;
}

/// What nineteen in twenty errors lie below where the gaps are usual. `ratios`: of the gaps of each row.
double estimate_of(const std::vector<double>& errors, const std::vector<double>& ratios) {
  const double rms = errors_of(errors).rms;
  if (rms == 0) return 0;
  std::vector<double> logs;
  for (std::size_t row = 0; row < errors.size(); ++row)
    logs.push_back(std::log(std::max(errors[row], vanishing_error * rms) / std::pow(ratios[row], gap_power)));
  const double count = static_cast<double>(logs.size()), own = standard_deviation(logs);
  const double spread = std::sqrt((count * own * own + rows_of_usual_spread * usual_spread * usual_spread) /
                                  (count - 1 + rows_of_usual_spread));
  return std::exp(mean(logs) + spreads_above * spread);
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
  FittedSteps left_out(const std::vector<double>& sigmas);
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

/// An even number, as many as leave a search its grids; the least where there is enough for one.
int SolverFit::rows() const {
  const std::int64_t left = most_ - scales_.evaluations, references = reference_nodes(nodes_);
  if (least_rows * (references + (1 + runs_after) * nodes_) > left)
    throw ConfigError("sampler.steps.count", "a fitted solver of " + std::to_string(nodes_) +
                                                 " evaluations takes more than the " + std::to_string(most_) +
                                                 " evaluations of a fit; take fewer, or schedule: plan");
  const auto with = [&](int grids, int most) {
    const auto enough = static_cast<int>(left / (references + (grids + runs_after) * nodes_));
    return std::clamp(enough / 2 * 2, least_rows, most);
  };
  return std::max(with(least_grids, enough_rows), with(grids_planned, most_pilot_rows));
}

SolverFit::TriedGrid SolverFit::tried(const SolverGridShape& shape) {
  TriedGrid out{.shape = shape, .sigmas = solver_nodes(scales_, process_, nodes_, shape), .fitted{}};
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

/// Errors and gaps of each row by a fit to the other half of the rows.
FittedSteps SolverFit::left_out(const std::vector<double>& sigmas) {
  FittedSteps out;
  out.errors.resize(field_.rows()), out.gaps.resize(field_.rows());
  for (const FittedTo half : {FittedTo::even, FittedTo::odd}) {
    const auto fitted = fit_steps(field_, reference_, sigmas, ends_, prior_of(nodes_), half);
    for (std::size_t row = 0; row < out.errors.size(); ++row)
      if (!fits(half, row)) out.errors[row] = fitted.errors[row], out.gaps[row] = fitted.gaps[row];
    tell();
  }
  return out;
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
  const FittedSteps others = left_out(best.sigmas);
  out.error = errors_of(others.errors);
  const std::vector<double> planned = plan_errors();
  out.plan = errors_of(planned);
  out.planned = planned_nodes(scales_, process_, nodes_);
  if (out.error.rms < safely_better * out.plan.rms) {
    out.sigmas = std::move(best.sigmas), out.steps = std::move(best.fitted.steps);
    out.usual_gaps = usual_gaps(others.gaps);
    out.again = planned_nodes(scales_, process_, 2 * nodes_);
    out.usual_estimate = estimate_of(others.errors, gap_ratios(others.gaps, out.usual_gaps));
  } else {
    out.sigmas = out.planned, out.error = out.plan;
    out.usual_estimate = estimate_of(planned, std::vector<double>(planned.size(), 1.));
  }
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
