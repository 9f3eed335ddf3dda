/// How much of a score is a product f(x) g(sigma).
#pragma once

#include <shockstep/inspection.hpp>

#include "inspect/evaluator.hpp"

#include <vector>

namespace shockstep {

/// At the points of each level the score is taken at the noise of every level: S[sigma, (point, coordinate)]. The f and g that explain
/// most of it, averaged over sigma, are the leading singular vectors of S with its rows divided by their lengths (Eckart & Young 1936);
/// what f g(sigma) explains of |s(., sigma)|^2 is the square of the cosine between row and f.
ProductSection product_form(Evaluator& model, const std::vector<States>& levels);

}  // namespace shockstep
