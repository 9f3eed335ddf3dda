#include "support/test.hpp"

#include <shockstep/controller.hpp>

#include <cmath>
#include <limits>

using namespace shockstep;

TEST_CASE("An error below the tolerance is accepted, one above is not") {
  PiController c;
  CHECK(c.judge(.999, 4).accept);
  CHECK(c.judge(1, 4).accept);
  const auto verdict = c.judge(1.001, 4);
  CHECK_FALSE(verdict.accept);
  CHECK(verdict.factor <= c.safety);
}

TEST_CASE("NaN and infinity reject and shrink as far as allowed") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    PiController c;
    const auto verdict = c.judge(bad, 4);
    CHECK_FALSE(verdict.accept);
    CHECK(verdict.factor == c.shrink);
  }
}

TEST_CASE("A step does not grow right after a rejection") {
  PiController c;
  c.judge(50, 4);
  CHECK(c.judge(1e-8, 4).factor == 1);
  CHECK(c.judge(1e-8, 4).factor == c.growth);
}

TEST_CASE(
    "In the asymptotic regime the step settles where error = C h^p is safety^(p/(integral - proportional)) of the "
    "tolerance") {
  // Fixed point of factor = 1: safety = q^((integral - proportional)/p).
  const int p = 4;
  PiController c;
  double h = 1, C = 3, ratio = 0;
  for (int i = 0; i < 200; ++i) {
    ratio = C * std::pow(h, p);
    h *= c.judge(ratio, p).factor;
  }
  CHECK(ratio == Approx(std::pow(c.safety, p / (c.integral - c.proportional))).epsilon(1e-6));
}

TEST_CASE("A growing error shortens the step before it is rejected") {
  PiController steady, rising;
  steady.judge(.5, 4), rising.judge(.05, 4);
  CHECK(rising.judge(.5, 4).factor < steady.judge(.5, 4).factor);
}

TEST_CASE("A forced step stands whatever its error") {
  PiController c;
  CHECK(c.judge(1e6, 4, true).accept);
  CHECK(c.judge(1e6, 4, true).factor == 1);
}
