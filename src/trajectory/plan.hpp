/// What the trajectories of a run share: where they run, and which way.
#pragma once

#include <shockstep/adaptive_method.hpp>
#include <shockstep/guard.hpp>
#include <shockstep/process.hpp>
#include <shockstep/sampler_options.hpp>

#include "burgers/jacobian_product.hpp"
#include "core/sigma_range.hpp"
#include "process/whole_times.hpp"
#include "stepper/grid_plan.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace shockstep {

/// Steps of its own down the probability flow, with the guard.
struct AdaptivePlan {
  GuardProfile guard;
  AdaptiveMethod own{};                     ///< what Method::own is
  bool events = false;                      ///< detect events, with probes
  bool at_bursts = false;                   ///< J is measured there alone, else at nodes all along the path
  double difference = shortest_difference;  ///< of probes, over sigma
  bool on_manifold = false;                 ///< as the data of networks: what a window is then (EventDetector)
  bool every_trajectory = true;             ///< of all; else of those that measured() names
  std::int64_t long_directions = 0;  ///< events of trajectories numbered below this have a direction in any dimension
  bool data_are_given =
      false;  ///< trajectories start from data that need not be the model's, of which drift and asymmetry tell nothing
  bool independent = true;  ///< starting points are drawn one by one: the drift of others has no bound
  /// Of a pilot: keep steps and measurements in PathData, and measure J every so many accepted steps (0: never) below a sigma.
  struct Record {
    int probe_every = 0;
    double probe_below = 0;
  };
  std::optional<Record> record{};

  /// Whether events of this trajectory are sought: a pattern of its own number, so that none depends on others.
  bool measured(std::int64_t trajectory) const {
    return events && (every_trajectory || trajectory % measured_every == first_measured);
  }
};

/// Steps of its own down the reverse SDE.
struct SdePlan {
  double eta = 1;
  std::uint64_t seed = 0;  ///< of the Brownian paths
  StepSettings steps{};
};

/// The nodes of a grid, down the flow or the SDE.
struct GridRun {
  std::shared_ptr<const GridPlan> grid;
  std::uint64_t seed = 0;  ///< of the Brownian paths
  double data_std = 0;     ///< 0: unknown
  /// What the step out of a node adds on the SDE, standard deviation GridPlan::spread; none: the trajectory's Brownian path.
  std::function<void(std::int64_t trajectory, std::size_t node, std::span<double> out)> increments{};
};

/// Steps of its own up the probability flow, and the divergence along it.
struct AscentPlan {
  GuardProfile guard;
  int directions = 0;       ///< of the trace, two evaluations each at every node; 0: no likelihood
  bool coordinates = true;  ///< the directions are all coordinates; else random signs
  double difference = 0;    ///< of the central differences, over sigma
  std::uint64_t seed = 0;   ///< of the random signs
};

struct Plan {
  SigmaRange range;
  double sigma_start;  ///< where descending trajectories start: range.high, or below where they start from data
  int max_evaluations = 1000;
  Final final = Final::denoise;
  /// What a trajectory starts from: x over sigma_start, without data to start from of unit variance; of an ascent the data, at
  /// range.low.
  std::function<void(std::int64_t trajectory, std::span<double> out)> latents{};
  std::function<double(double sigma)> time{};  ///< native time of the process, for events
  std::optional<WholeTimes> whole_times{};     ///< where adaptive steps end; none: anywhere
  std::vector<double> jumps{};                 ///< lam, ascending: where D jumps, which adaptive steps do not step over
  std::variant<AdaptivePlan, GridRun, SdePlan, AscentPlan> way{};

  /// What follows from process and options alone; latents and way are for the caller to set.
  Plan(const Process& process, const SamplerOptions& options)
      : range(process.sigma_max(), process.sigma_min()),
        sigma_start(range.high),
        max_evaluations(options.max_evaluations),
        final(options.final),
        time([process](double sigma) { return process.time(sigma); }) {}
};

}  // namespace shockstep
