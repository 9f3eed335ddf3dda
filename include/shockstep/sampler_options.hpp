/// How a sample is made: settings of the method, no tensors.
#pragma once

#include <shockstep/adaptive_method.hpp>
#include <shockstep/guard.hpp>
#include <shockstep/linear_method.hpp>
#include <shockstep/method.hpp>
#include <shockstep/schedule.hpp>

#include <optional>
#include <string>

namespace shockstep {

/// What is returned where the integration ends.
enum class Final {
  denoise,  ///< return D at sigma_min: the expected clean sample
  keep,     ///< return the state at sigma_min, its noise included
};

/// UniPC's function B(h) (Zhao et al. 2023, arXiv 2302.04867).
enum class SolverType {
  bh1,  ///< -h
  bh2,  ///< e^-h - 1
};

/// How trajectories are integrated, and how well. A Sampler checks all of it: what is wrong is a ConfigError
/// "sampler.key".
struct SamplerOptions {
  Dynamics dynamics = Dynamics::ode;  ///< which equation
  /// Of the reverse SDE, 0 to 1: how much noise it adds; 0 is the ODE, 1 the time reversal of the noising process. Of
  /// ancestral, DDIM's eta, equal to this at 0 and 1 only. Runs of equal seed, eta and range share the Brownian path
  /// of each trajectory.
  double eta = 1;
  /// A method for the equation of `dynamics`; one that is not adaptive needs `steps`.
  Method method = Method::multistep;
  /// None: adaptive, each trajectory with its own steps. Else a grid that all trajectories share: nothing is
  /// estimated, no step is repeated, and tolerance and guard are not used. The reverse SDE uses no guard in either
  /// case.
  std::optional<FixedSteps> steps{};
  /// Of the multistep predictor, 1 to 5; 0: chosen by the pilot, 3 without one. The multistep also lands a
  /// Runge-Kutta method that is short of evaluations. Of other methods on a grid, where they have several: orders().
  /// Of the multistep on the reverse SDE, 1 to 3; 0: 3, and 2 on a grid of fewer than 20 nodes.
  int order = 0;
  SolverType solver_type = SolverType::bh2;  ///< of unipc
  /// With a pilot: the error of a finished sample, root mean square over coordinates, data units, that 97 % stay
  /// below. With the guard off or its default profile, and on the reverse SDE: the bound on the weighted error of a
  /// step. Positive; with the default samples of data_std about 1 no longer change to the eye (docs/tolerance.md).
  double tolerance = 1e-2;
  GuardOptions guard{};  ///< of adaptive steps of the ODE
  /// Per trajectory, 2 or more, never exceeded; the last ones are kept to land on sigma_min. A grid that takes more
  /// is a ConfigError.
  int max_evaluations = 1000;
  Final final = Final::denoise;  ///< what a sample is
  /// File in which the pilot's profile (guard.profile: pilot) or the fitted schedule of exactly these settings is
  /// kept for this model: read where it is there as it was written under this name, written where it is not. The name should be of these
  /// settings alone. Empty: measured anew.
  std::string cache{};
  std::string scales_cache{};  ///< the same for what measure_scales() finds, whatever the settings
  /// What Method::own is on a grid, and needed by that alone. Programs set it; a config cannot.
  LinearMethod own{};
  /// What Method::own is without `steps`: it chooses its steps, with guard and events, as the Runge-Kutta methods do.
  AdaptiveMethod own_adaptive{};
};

}  // namespace shockstep
