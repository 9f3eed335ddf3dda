/// One datum on its way up: the probability flow from sigma_min to sigma_max, and the divergence along it.
///
/// The same multistep as downwards, with steps of negative length in lam: dx/dlam = D - x in either direction. Where errors
/// grow on the way down, in an interface, they shrink on the way up. ln p is carried by the flow (Chen et al. 2018,
/// "instantaneous change of variables"): with div(D - x) = tr dD/dx - d,
///   ln p_min(x_min) = ln p_max(x_max) + int over ln sigma of (d - tr dD/dx).
/// The trace is that of central differences, along every coordinate or along random signs v with v.dD/dx v (Hutchinson
/// 1990; the same v all the way, Grathwohl et al. 2019).
#pragma once

#include "controller/step_choice.hpp"
#include "stepper/multistep_history.hpp"
#include "stepper/node_integral.hpp"
#include "trajectory/trajectory.hpp"

#include <shockstep/controller.hpp>

#include <span>
#include <vector>

namespace shockstep {

class Ascent final : public Trajectory {
 public:
  Ascent(const Plan& plan, const AscentPlan& way, State& state);

  double progress() const override;

  /// int of (d - tr dD/dx) over ln sigma: one value, or one for each random direction.
  std::span<const double> log_volumes() const { return volume_.integrals(); }
  /// Error of that integral, from the nodes.
  double volume_error() const { return volume_.error(); }

 private:
  Task<Status> integrate() override;
  Task<bool> measure_trace();
  Awaited<Done> write_direction(std::size_t k);
  void ended() override { report_.probes = probes_; }

  double volume_tolerance() const;

  const AscentPlan& way_;
  MultistepHistory multistep_;
  StepController controller_;
  Vector direction_, forward_;
  NodeIntegral volume_;
  std::vector<double> traces_;
  double proposed_ = 0;     // length of the next step
  double last_length_ = 0;  // of the last attempt
  int probes_ = 0;  // of the trace: max_evaluations is of the path, and each of its steps has 2 a direction beside it
};

}  // namespace shockstep
