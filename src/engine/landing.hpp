#pragma once

namespace shockstep {

/// Evaluations are kept back to reach the end of the range within the budget: one for each unit of lam, in forced steps that
/// use no more values of D than these, since values close together extrapolate wildly over such a length.
inline constexpr double landing_step = 1;
inline constexpr int landing_values = 2;

}  // namespace shockstep
