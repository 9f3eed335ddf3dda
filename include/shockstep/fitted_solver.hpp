/// A solver fitted to a model: where it evaluates, and what each step makes of the values found so far.
#pragma once

#include <shockstep/sampler_options.hpp>

#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace shockstep {

/// Weights of the values F_n, F_{n-1}, ... at a node n and those before it, newest first (FittedSolver). 1/data units.
struct SolverStep {
  std::vector<double> correct{};  ///< in the step to this node, F at the node itself included; of node 0 empty
  std::vector<double> predict{};  ///< in the step out of this node, of the last node to the sample
};

/// Errors of samples against accurate ones from the same starts, each the root mean square over coordinates. Data units.
struct SolverErrors {
  double rms = 0;      ///< root mean square over trajectories
  double median = 0;   ///< over trajectories
  double largest = 0;  ///< of them
};

/// What a solver was fitted to; with another model it is no better than guessed weights.
struct SolverOrigin {
  std::string model{};         ///< ScoreModel::describe()
  std::string conditioning{};  ///< ScoreModel::conditioning(): guidance and thresholds make another denoiser
  std::string process{};       ///< Process::kind()
  std::int64_t dimension = 0;  ///< of a sample
  std::string checksum{};      ///< differs where the content of the model's file does; empty where there is none
};

/// Samples of the pilot trajectories, one behind the other; files do not keep them. Data units.
struct PilotSamples {
  std::vector<double> exact{};   ///< where the flow leads
  std::vector<double> solver{};  ///< by the solver; empty where nothing was gained
  std::vector<double> plan{};    ///< by the plan with as many evaluations
};

/// A published method with as many evaluations as a solver, on the trajectories that the solver was fitted to.
struct UsualMethod {
  std::string name{};    ///< with its schedule
  SolverErrors error{};  ///< against the same accurate samples
};

/// What published methods do beside a solver; `shockstep schedule` measures them once the fit is done.
struct UsualMethods {
  std::vector<UsualMethod> methods{};  ///< empty: nobody measured any
  std::string best{};  ///< name of the one with the smallest root mean square error; empty: none was measured
  /// Evaluations a sample that `best` takes for the solver's root mean square error: a power law through its errors at two numbers of
  /// evaluations. At most as many as the solver's where its error is no larger, or nothing was gained. 0: unknown.
  double needed = 0;
  std::int64_t evaluations =
      0;  ///< rows that the model computed to find that out; no part of FittedSolver::evaluations
};

/// N evaluations at falling noise levels, and a last step without one. In y = x/sqrt(sigma^2 + s^2), s = data_std, and F, what the
/// multistep interpolates (stepper.hpp), the equation is dy/dlam = F sigma/(sigma^2 + s^2), and the solver
///   P_0 = Y_0,   F_n = F(P_n, sigma_n),
///   Y_n = Y_{n-1} + sum_i correct_i F_{n-i},   P_{n+1} = Y_n + sum_i predict_i F_{n-i},
/// with the weights of steps[n]; the sample is end_scale() P_N. docs/solver.md says how they are found.
struct FittedSolver {
  std::vector<double>
      sigmas{};  ///< the nodes, strictly descending from sigma_max; of a plan to sigma_min, else above it. Data units
  std::vector<double> times{};   ///< native time of the process at each
  double sigma_min = 0;          ///< where the last step leads. Data units
  double data_std = 1;           ///< s. Data units
  Final final = Final::denoise;  ///< what the sample is
  std::vector<SolverStep>
      steps{};            ///< one a node; empty: nothing better than the plan was found, and its steps are taken
  SolverOrigin origin{};  ///< what it was fitted to

  bool complete = true;  ///< false: an observer cancelled the fit, and there are no nodes
  SolverErrors error{};  ///< of the solver, on pilot trajectories that each was fitted without
  SolverErrors plan{};   ///< of the plan with as many evaluations, on the same
  /// Root mean square over pilot trajectories of the gaps |Y_n - P_n| at the last nodes, the last node's at the end. 1 in y; empty: a plan.
  std::vector<double> usual_gaps{};
  /// Nodes of a plan of twice as many evaluations, for trajectories that the guard repeats; empty: it repeats none. Data units.
  std::vector<double> again{};
  /// What nineteen in twenty trajectories whose gaps are usual err less than; calibrated on those of `error`. Data units; 0: unknown.
  double usual_estimate = 0;
  std::vector<double> planned{};  ///< its nodes: `sigmas` where nothing was gained. Data units
  int rows = 0;                   ///< pilot trajectories
  int grids = 0;                  ///< sets of nodes that were tried
  std::int64_t evaluations = 0;   ///< rows that the model computed for the fit, everything included
  std::int64_t shared = 0;        ///< of these, those that serve all solvers of one fit alike (fit_solvers())
  UsualMethods usual{};           ///< published methods on the same trajectories
  PilotSamples pilot{};           ///< of the fit; of a file none

  /// Whether it is better than the plan.
  bool gained() const { return !steps.empty(); }
  /// What nineteen in twenty trajectories whose gaps are usual but for this factor err less than. Data units. NaN: unknown.
  double error_estimate(double gap_ratio) const;
  /// Samples from which on the fit and they together take fewer evaluations than UsualMethods::best for the same error. None: that one
  /// takes no more, or is unknown.
  std::optional<std::int64_t> pays_from() const;
  /// The sample over P_N: sqrt(sigma_min^2 + s^2), or with Final::denoise s^2 over that, since D of Gaussian data is s^2/(sigma^2 + s^2) x.
  double end_scale() const {
    const double scale = std::hypot(sigma_min, data_std);
    return final == Final::denoise ? data_std * data_std / scale : scale;
  }
};

/// Whether what is fitted for these options is a solver: with the default method, for the ODE. Other methods, and the multistep with an
/// order of one's own, have their nodes fitted.
bool fits_solver(const SamplerOptions& options);

/// Rows that the model computed for solvers of one fit, what they share counted once.
std::int64_t fit_rows(std::span<const FittedSolver> solvers);

/// What SamplerOptions::steps is for a solver: it, or where nothing was gained the plan on its nodes.
FixedSteps solver_steps(std::shared_ptr<const FittedSolver> solver);

}  // namespace shockstep
