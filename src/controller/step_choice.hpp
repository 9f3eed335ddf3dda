/// How long the next step is, whoever proposes a length: within the budget, and so that it fits into what is left.
#pragma once

#include <algorithm>
#include <cmath>

namespace shockstep {

/// Evaluations are kept back to reach the end of the range within the budget: one for each unit of lam, in forced steps that
/// use no more values of D than these, since values close together extrapolate wildly over such a length.
inline constexpr double landing_step = 1;
inline constexpr int landing_values = 2;

inline constexpr double shortest_step = 1e-9;  // in lam

inline int steps_to_land(double remaining) {
  return std::max(1, static_cast<int>(std::ceil(remaining / landing_step)));
}

/// Whether a step of `spare` evaluations, should it be rejected, would leave too few of the `left` ones to land with.
inline bool must_land(double remaining, int left, int spare = 1) { return left < steps_to_land(remaining) + spare; }

struct StepChoice {
  double length;       ///< in lam, positive
  bool forced;         ///< lands within the budget, whatever its error
  bool last;           ///< ends where the range does
  bool least = false;  ///< there is no shorter one
  bool jump = false;   ///< ends where D jumps, on the side that it comes from
};

/// proposed: by the controller. left: steps that the budget allows; spare: of these, what a full step that is rejected would cost
/// beside the landing. longest_last: the last step over what was proposed.
inline StepChoice choose_step(double proposed, double remaining, int left, int spare = 1, double longest_last = 1) {
  if (must_land(remaining, left, spare)) {  // log-uniform steps that use up the budget
    left = std::max(left, 1);
    return {remaining / left, true, left == 1};
  }
  if (longest_last * proposed >= remaining) return {remaining, false, true};
  if (proposed > .6 * remaining)
    return {.5 * remaining, false, false};  // two equal steps rather than a long and a tiny one
  return {proposed, false, false};
}

}  // namespace shockstep
