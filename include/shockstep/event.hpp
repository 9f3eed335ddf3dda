/// Speciation events: where a trajectory decides between modes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace shockstep {

/// What J = lambda_max(dD/dx) does along a trajectory, and what happens in between. The level is 1, that of a network 1.1: its data fill a
/// manifold, along which J stays near 1.
enum class EventKind {
  enter,       ///< J crosses the level upward
  speciation,  ///< the largest |dD/dlam|/sigma in between, the moment of the decision
  exit,        ///< J crosses the level downward
};
/// enter, speciation or exit, as files have it.
std::string_view name(EventKind kind);

/// One of the two or three events of a window in which J exceeds the level; a window still open at sigma_min has no exit. Windows
/// whose exponent is below .1 are not reported. docs/events.md says how they are measured.
struct Event {
  std::int64_t trajectory = 0;             ///< whose it is
  EventKind kind = EventKind::speciation;  ///< which of the three
  double sigma = 0;                        ///< best estimate of where it happened, data units
  double sigma_low = 0;                    ///< bracket: happened at or above this sigma ...
  double sigma_high = 0;                   ///< ... and at or below this one
  double time = 0;                         ///< native time of the process at sigma
  double lam = 0;                          ///< -ln sigma
  double rate = 0;  ///< r = J - 1 per unit lam at the event, measured by probes; that of the level at enter and exit
  double exponent = 0;  ///< integral of J - 1 dlam over the whole window, enter to exit
  int step = 0;         ///< accepted steps of the final pass up to the event
  /// Unit vector [d] along which errors grow fastest, d the dimension. Of speciations only; empty where no J above 1
  /// was measured in the window, and beyond 256 coordinates unless SampleRequest::long_directions asks for it.
  std::vector<double> direction;
};

}  // namespace shockstep
