#include "support/test.hpp"

#include "stepper/blended_weights.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <array>
#include <cmath>
#include <span>

using namespace shockstep;

namespace {

constexpr std::array ages{0., .3, .7, 1.5, 1.6};

/// What a step of length h adds for D = u^degree, u since its begin.
double exact(int degree, double h) {
  return boost::math::quadrature::gauss<double, 30>::integrate(
      [&](double u) { return std::exp(u - h) * std::pow(u, degree); }, 0., h);
}

struct Ends {
  double predicted, corrected;
};

/// The same by these weights.
Ends ends(const MultistepWeights& w, int degree, double h) {
  double predicted = 0, extrapolated = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(w.order); ++i) {
    predicted += w.predict[i] * std::pow(-ages[i], degree);
    extrapolated += w.extrapolate[i] * std::pow(-ages[i], degree);
  }
  return {predicted, predicted + w.correct * (std::pow(h, degree) - extrapolated)};
}

}  // namespace

TEST_CASE("A step between two orders is exact as far as the lower one, and its corrector one degree further") {
  const double h = GENERATE(.05, .4, 1.);
  const int k = GENERATE(1, 2, 3, 4);
  CAPTURE(h, k);
  const auto of_order = [&](int values) {
    return multistep_weights(std::span(ages).first(static_cast<std::size_t>(values)), h);
  };
  const auto lower = of_order(k), higher = of_order(k + 1), between = blended(lower, higher);
  CHECK(between.order == k + 1);
  CHECK(between.decay == lower.decay);
  for (int degree = 0; degree <= k; ++degree) {
    CAPTURE(degree);
    // Terms are up to 1.6^4 = 6.6, times extrapolation weights of up to a hundred at h = 1.
    const double rounding = 1e-12;
    const auto [predicted, corrected] = ends(between, degree, h);
    if (degree < k) CHECK(std::abs(predicted - exact(degree, h)) < rounding);
    CHECK(std::abs(corrected - exact(degree, h)) < rounding);
  }
  // Of the first degree that the orders disagree on, the ends lie strictly between theirs.
  const auto strictly_between = [](double x, double a, double b) { return (x - a) * (x - b) < 0; };
  CHECK(strictly_between(ends(between, k, h).predicted, ends(lower, k, h).predicted, ends(higher, k, h).predicted));
  CHECK(strictly_between(ends(between, k + 1, h).corrected, ends(lower, k + 1, h).corrected,
                         ends(higher, k + 1, h).corrected));
}
