#include <shockstep/calibrate.hpp>
#include <shockstep/error.hpp>
#include <shockstep/fitted_solver_file.hpp>
#include <shockstep/model_scales.hpp>

#include "core/cached.hpp"
#include "core/input_file.hpp"
#include "engine/pilot_run.hpp"
#include "engine/reference_paths.hpp"
#include "engine/solver_estimate.hpp"
#include "engine/solver_grid.hpp"
#include "engine/solver_paths.hpp"
#include "process/step_plan.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
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
// More trajectories are worth more than a third set of nodes up to 12 of them; more than that only where sets do not get few.
constexpr int least_rows = 8, enough_rows = 12, most_pilot_rows = 64, least_grids = 2;
// Exact models may take 10 000 by default; networks where a budget allows it, and then more grids.
constexpr int grids_of_exact = 6, grids_of_network = 12;
constexpr int runs_after = 3;         // of all rows after the search: the plan, and the fits to either half
constexpr double clearly_less = .97;  // of the rms, for a grid to be taken for another
constexpr double smallest_move = .2;  // of the search
constexpr double safely_better = .9;  // of the plan's rms
constexpr double many_prior = 3, from_nodes = 12, to_nodes = 20;

/// Of one solver, where nothing else is asked for.
std::int64_t usual_budget(const ScoreModel& model, int nodes) {
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

/// sigma_max to sigma_min.
std::vector<double> planned_nodes(const ModelScales& scales, const Process& process, int nodes) {
  FixedSteps steps{.schedule = Schedule::plan};
  steps.scales = scales;
  return grid_sigmas(steps, process, nodes);
}

/// How far a fit of several solvers is.
struct FitProgress {
  Observer* observer;
  double all;       // rows that may be computed
  double done = 0;  // before this solver

  /// Throws Cancelled if the observer did.
  void tell(std::int64_t rows) const {
    if (!observer) return;
    observer->progress(std::min(1., (done + static_cast<double>(rows)) / all));
    if (observer->cancelled()) throw Cancelled("the fit of the solver was cancelled");
  }
};

/// What solvers of one fit have in common: computed once.
struct SolverPilot {
  /// counts: ascending; most: rows that all together may take, 0: each as many as alone.
  SolverPilot(const ScoreModel& of, const Process& process, const SamplerOptions& options,
              const std::vector<int>& numbers, std::int64_t all)
      : model(of),
        counts(numbers),
        most(all),
        scales(measure(model, process, options.scales_cache)),
        field(model, rows(), scales.data_std),
        reference(field, planned_nodes(scales, process, reference_nodes(counts.back()))),
        shared(scales.evaluations + field.evaluations()),
        origin{model.describe(), model.conditioning(), process.kind(), model.dimension(),
               model.file().empty() ? "" : hash_of_file(model.file())} {}

  static MeasuredScales measure(const ScoreModel& model, const Process& process, const std::string& cache) {
    std::int64_t ignored = 0;  // what they took once is part of a fit's price, wherever they come from now
    return measure_scales(model, process, cache, ignored);
  }
  int rows() const;
  /// Rows that a fit of so many nodes cannot do without.
  std::int64_t least(int references, std::int64_t nodes) const;
  /// Rows that the search and the checks of one of them may compute.
  std::int64_t allowed(int nodes) const;
  std::int64_t all_nodes() const { return std::reduce(counts.begin(), counts.end(), std::int64_t{0}); }

  const ScoreModel& model;
  const std::vector<int>& counts;
  std::int64_t most;
  MeasuredScales scales;
  PilotField field;
  ReferencePaths reference;
  std::int64_t shared;  // rows computed by now
  SolverOrigin origin;
};

std::int64_t SolverPilot::least(int references, std::int64_t nodes) const {
  return scales.evaluations + least_rows * (references + (1 + runs_after) * nodes);
}

/// An even number of trajectories, as many as leave a search its grids; the least where there is enough for one.
int SolverPilot::rows() const {
  const int grids = model.exact() ? grids_of_exact : grids_of_network;
  const auto of = [&](std::int64_t may, int references, std::int64_t nodes) {
    const std::int64_t left = may - scales.evaluations;
    const bool together = most > 0 && counts.size() > 1;
    if (least(references, nodes) > may)
      throw ConfigError("sampler.steps.count",
                        (together ? "fitted solvers of " : "a fitted solver of ") + std::to_string(nodes) +
                            (together ? " evaluations together take" : " evaluations takes") + " more than the " +
                            std::to_string(may) + " evaluations of a fit; set budget to " +
                            std::to_string(least(reference_nodes(counts.back()), all_nodes())) +
                            " at least, take fewer, or schedule: plan");
    const auto with = [&](int tried, int at_most) {
      const auto enough = static_cast<int>(left / (references + (tried + runs_after) * nodes));
      return std::clamp(enough / 2 * 2, least_rows, at_most);
    };
    return std::max(with(least_grids, enough_rows), with(grids, most_pilot_rows));
  };
  if (most > 0) return of(most, reference_nodes(counts.back()), all_nodes());
  int fewest = most_pilot_rows;
  for (const int nodes : counts)
    fewest = std::min(fewest, of(usual_budget(model, nodes), reference_nodes(nodes), nodes));
  return fewest;
}

std::int64_t SolverPilot::allowed(int nodes) const {
  if (most > 0) return (most - shared) * nodes / all_nodes();
  const auto paths = static_cast<std::int64_t>(field.rows()) * reference_nodes(nodes);
  return usual_budget(model, nodes) - scales.evaluations - paths;
}

class SolverFit {
 public:
  SolverFit(const ScoreModel& model, const Process& process, const SamplerOptions& options, SolverPilot& pilot,
            int nodes, const FitProgress& progress)
      : model_(model),
        process_(process),
        options_(options),
        progress_(progress),
        nodes_(nodes),
        most_(pilot.allowed(nodes)),
        scales_(pilot.scales),
        field_(pilot.field),
        reference_(pilot.reference),
        shared_(pilot.shared),
        before_(field_.evaluations()) {
    ends_.sigma_min = process.sigma_min(), ends_.data_std = scales_.data_std, ends_.final = options.final;
    ends_.origin = pilot.origin;
  }

  FittedSolver fit();

 private:
  struct TriedGrid {
    SolverGridShape shape;
    std::vector<double> sigmas;
    FittedSteps fitted;
    double error() const { return errors_of(fitted.errors).rms; }
  };

  TriedGrid tried(const SolverGridShape& shape);
  TriedGrid searched();
  FittedSteps left_out(const std::vector<double>& sigmas);
  // Samples.
  PilotRows by_plan();
  PilotRows exact() const;
  std::int64_t one_run() const { return static_cast<std::int64_t>(field_.rows()) * nodes_; }
  std::int64_t spent() const { return field_.evaluations() - before_ + planned_; }
  void tell() const { progress_.tell(spent()); }

  const ScoreModel& model_;
  const Process& process_;
  const SamplerOptions& options_;
  const FitProgress& progress_;
  int nodes_;
  std::int64_t most_, planned_ = 0;  // planned_: rows of the plan's run
  const MeasuredScales& scales_;
  PilotField& field_;
  const ReferencePaths& reference_;
  std::int64_t shared_, before_;
  FittedSolver ends_;  // of its members the origin, and those that fit_steps() asks for
  int grids_ = 0;
};

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

PilotRows SolverFit::exact() const {
  PilotRows rows = reference_.end(options_.final);
  for (double& v : rows) v *= ends_.end_scale();
  return rows;
}

PilotRows SolverFit::by_plan() {
  SamplerOptions planned = options_;
  planned.steps = FixedSteps{.schedule = Schedule::plan, .count = nodes_};
  planned.steps->scales = scales_;
  planned.max_evaluations = nodes_;
  PilotRun run = run_on_pilot(model_, process_, planned, static_cast<int>(field_.rows()), progress_.observer);
  planned_ += run.evaluations;
  return std::move(run.samples);
}

FittedSolver SolverFit::fit() {
  tell();
  TriedGrid best = searched();
  FittedSolver out = ends_;
  const FittedSteps others = left_out(best.sigmas);
  out.error = errors_of(others.errors);
  out.pilot = {.exact = exact(), .plan = by_plan()};
  const auto planned = errors_of_rows(out.pilot.plan, out.pilot.exact, field_.dimension());
  out.plan = errors_of(planned);
  out.planned = planned_nodes(scales_, process_, nodes_);
  if (out.error.rms < safely_better * out.plan.rms) {
    out.sigmas = std::move(best.sigmas), out.steps = std::move(best.fitted.steps);
    out.pilot.solver = std::move(best.fitted.samples);
    out.usual_gaps = usual_gaps(others.gaps);
    out.again = planned_nodes(scales_, process_, 2 * nodes_);
    out.usual_estimate = usual_estimate(others.errors, gap_ratios(others.gaps, out.usual_gaps));
  } else {
    out.sigmas = out.planned, out.error = out.plan;
    out.usual_estimate = usual_estimate(planned, std::vector<double>(planned.size(), 1.));
  }
  out.usual_estimate = with_references(out.usual_estimate, ends_.end_scale() * reference_.error(options_.final));
  for (const double sigma : out.sigmas) out.times.push_back(process_.time(sigma));
  out.rows = static_cast<int>(field_.rows()), out.grids = grids_;
  out.evaluations = shared_ + spent(), out.shared = shared_;
  return out;
}

void check_fit(const SamplerOptions& options, const std::vector<int>& counts) {
  if (counts.empty()) throw ConfigError("sampler.steps.count", "missing; a solver is fitted for a number of steps");
  if (!fits_solver(options))
    throw ConfigError("sampler.method",
                      "a solver is a method of its own for the ODE; leave out method, order and dynamics");
  if (counts.front() < fewest_steps)
    throw ConfigError("sampler.steps.count",
                      "must be at least " + std::to_string(fewest_steps) + ", got " + std::to_string(counts.front()));
}

}  // namespace

std::vector<FittedSolver> fit_solvers(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                                      const std::vector<int>& counts, std::int64_t most_evaluations,
                                      Observer* observer) {
  const std::set<int> different(counts.begin(), counts.end());
  const std::vector<int> ascending(different.begin(), different.end());
  check_fit(options, ascending);
  std::vector<FittedSolver> out;
  try {
    SolverPilot pilot(model, process, options, ascending, most_evaluations);
    const auto shared = static_cast<double>(pilot.shared);
    FitProgress progress{.observer = observer, .all = shared, .done = shared};
    for (const int nodes : ascending) progress.all += static_cast<double>(pilot.allowed(nodes));
    for (const int nodes : ascending) {
      progress.tell(0);
      out.push_back(SolverFit(model, process, options, pilot, nodes, progress).fit());
      progress.done += static_cast<double>(pilot.allowed(nodes));
    }
  } catch (const Cancelled&) {
    return {};
  }
  if (observer) observer->progress(1);
  return out;
}

FittedSolver fit_solver(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                        std::int64_t most_evaluations, Observer* observer) {
  const auto fitted = [&] {
    const std::vector<int> counts = options.steps ? std::vector{options.steps->count} : std::vector<int>();
    auto solvers = fit_solvers(model, process, options, counts, most_evaluations, observer);
    if (solvers.empty()) throw Cancelled("the fit of the solver was cancelled");
    return std::move(solvers.front());
  };
  try {
    return cached(
        options.cache, [&](const std::string& text) { return fitted_solver_from_json(text, options.cache); }, fitted,
        [](const FittedSolver& solver) { return to_json(solver); });
  } catch (const Cancelled&) {
    FittedSolver none;
    none.complete = false;
    return none;
  }
}

}  // namespace shockstep
