/// One datum on its way up: the probability flow from sigma_min to sigma_max, and the divergence along it.
///
/// The same multistep as downwards, with steps of negative length in lam: dx/dlam = D - x in either direction. Instead of
/// an interface there is its mirror image, which errors leave smaller. ln p is carried by the flow (Chen et al. 2018,
/// "instantaneous change of variables"): with div(D - x) = tr dD/dx - d,
///   ln p_min(x_min) = ln p_max(x_max) + int over ln sigma of (d - tr dD/dx).
/// The trace is that of central differences, along every coordinate or along random signs v with v.dD/dx v (Hutchinson
/// 1990; the same v all the way, Grathwohl et al. 2019).
#pragma once

#include "engine/integration.hpp"
#include "engine/trajectory.hpp"
#include "stepper/multistep_row.hpp"
#include "stepper/node_integral.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace shockstep {

/// What the ascents of a run have beyond TrajectorySettings, whose `latents` are the data.
struct AscentPlan {
  int directions = 0;       ///< of the trace, two evaluations each at every node; 0: no likelihood
  bool coordinates = true;  ///< the directions are all coordinates; else random signs
  double difference = 0;    ///< of the central differences, over sigma
  std::uint64_t seed = 0;   ///< of the random signs
};

class Ascent final : public Integration {
 public:
  /// settings.ascent must be set.
  Ascent(const TrajectorySettings& settings, std::size_t d);

  void start(std::int64_t index, Observer* steps) override;
  double request(std::span<double> point) override;
  bool receive(std::span<const double> point, std::span<const double> D) override;
  void abandon(Status status) override;

  const TrajectoryReport& report() const override { return report_; }
  /// x(sigma_max)/sigma_max.
  std::span<const double> sample() const override { return sample_; }
  double progress() const override;

  /// int of (d - tr dD/dx) over ln sigma: one value, or one for each random direction.
  std::span<const double> log_volumes() const { return volume_.integrals(); }
  /// Error of that integral, from the nodes.
  double volume_error() const { return volume_.error(); }

 private:
  enum class Awaiting { seed, trace, step };

  int evaluations_per_step() const { return 1 + 2 * plan_.directions; }
  double sigma_at(double lam) const;
  double volume_tolerance() const;
  void choose_step();
  void receive_step(std::span<const double> point, std::span<const double> D);
  void receive_trace(std::span<const double> D);
  void node_reached();
  void finish();

  const TrajectorySettings& settings_;
  const AscentPlan& plan_;
  std::size_t d_;
  double lam_begin_, lam_end_;  // at sigma_min, and at sigma_max, which is smaller

  std::vector<double> memory_, sample_, direction_, forward_, traces_;
  MultistepRow row_;
  StepController controller_;
  NodeIntegral volume_;
  Observer* steps_ = nullptr;
  Awaiting awaiting_ = Awaiting::seed;
  int side_ = 0;     // of the central differences: 2 k + (0 ahead, 1 behind) for direction k
  double h_ = 0;     // of the step under way, negative
  double next_ = 0;  // length proposed by the controller, positive
  int used_order_ = 0;
  bool forced_ = false, last_ = false, beyond_tolerance_ = false;
  TrajectoryReport report_;
};

}  // namespace shockstep
