/// A step between two orders: what is lost where the model is evaluated weighs more than what the quadrature loses.
///
/// The answer of a step is taken at the predicted point, and stays there when the corrector moves the end: of the errors of a plan that is
/// the larger part (evaluated anew at the corrected points, uncounted, they are half as large; docs/plan.md). Predictors of order k and k + 1
/// miss by amounts that are alike, and between the two the point lies nearer to where the corrector ends.
#pragma once

#include <shockstep/stepper.hpp>

namespace shockstep {

/// Of the higher order; chosen on the tuning networks (docs/plan.md).
inline constexpr double predicted_share = .5, corrected_share = .45;

/// Weights of the step that predicts and corrects with shares of what the two orders would do; `higher` has one value more. Of `order`
/// higher.order, and exact for polynomials as far as the lower one is.
MultistepWeights blended(const MultistepWeights& lower, const MultistepWeights& higher);

}  // namespace shockstep
