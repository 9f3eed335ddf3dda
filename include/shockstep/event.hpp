/// Speciation events: where a trajectory decides between modes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace shockstep {

/// enter, exit: J = lambda_max(dD/dx) crosses 1 upward, downward along the trajectory. speciation: the largest
/// |dD/dlam|/sigma in between, the moment of the decision.
enum class EventKind { enter, speciation, exit };
std::string_view name(EventKind kind);

struct Event {
  std::int64_t trajectory = 0;
  EventKind kind = EventKind::speciation;
  double sigma = 0;       ///< best estimate of where it happened, data units
  double sigma_low = 0;   ///< bracket: happened at or above this sigma ...
  double sigma_high = 0;  ///< ... and at or below this one
  double time = 0;        ///< native time of the process at sigma
  double lam = 0;         ///< -ln sigma
  double rate = 0;      ///< r = J - 1 per unit lam at the event, measured by probes; 0 at enter and exit by definition
  double exponent = 0;  ///< integral of max(J - 1, 0) dlam over the whole window, enter to exit
  int step = 0;         ///< accepted steps of the final pass up to the event
  std::vector<double> direction;  ///< unit vector along which errors grow fastest (speciation only)
};

}  // namespace shockstep
