#include "stepper/blended_weights.hpp"

#include <cmath>

namespace shockstep {

MultistepWeights blended(const MultistepWeights& lower, const MultistepWeights& higher) {
  MultistepWeights w = higher;
  w.correct = std::lerp(lower.correct, higher.correct, corrected_share);
  for (std::size_t i = 0; i < static_cast<std::size_t>(higher.order); ++i) {
    w.predict[i] = std::lerp(lower.predict[i], higher.predict[i], predicted_share);
    // The end of either order is its predictor + correct (v - extrapolate.values): what both have of a value, less what w predicts.
    const double low = lower.predict[i] - lower.correct * lower.extrapolate[i],
                 high = higher.predict[i] - higher.correct * higher.extrapolate[i];
    w.extrapolate[i] = (w.predict[i] - std::lerp(low, high, corrected_share)) / w.correct;
  }
  return w;
}

}  // namespace shockstep
