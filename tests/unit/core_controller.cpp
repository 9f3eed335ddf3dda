#include "support/test.hpp"

#include <shockstep/controller.hpp>

#include <cmath>
#include <limits>

using namespace shockstep;

TEST_CASE("An error below the tolerance is accepted, one above is not") {
  StepController c;
  CHECK(c.judge(.999, .5, 4).accept);
  CHECK(c.judge(1, .5, 4).accept);
  const auto verdict = c.judge(1.001, .5, 4);
  CHECK_FALSE(verdict.accept);
  CHECK(verdict.factor <= c.safety);
}

TEST_CASE("NaN and infinity reject and shrink as far as allowed") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    StepController c;
    const auto verdict = c.judge(bad, .5, 4);
    CHECK_FALSE(verdict.accept);
    CHECK(verdict.factor == c.shrink);
  }
}

TEST_CASE("A step does not grow right after a rejection") {
  StepController c;
  c.judge(50, .5, 4);
  CHECK(c.judge(1e-8, .5, 4).factor == 1);
  CHECK(c.judge(1e-8, .5, 4).factor == c.growth);
}

TEST_CASE("Where error = C h^p the step settles at the target share of the tolerance") {
  // E is constant, so the fixed point of factor = 1 is r = target.
  const int p = 4;
  StepController c;
  double h = 1, C = 3, ratio = 0;
  for (int i = 0; i < 200; ++i) {
    ratio = C * std::pow(h, p);
    h *= c.judge(ratio, h, p).factor;
  }
  CHECK(ratio == Approx(c.target).epsilon(1e-6));
}

TEST_CASE("Where error = C h^p the length that is aimed at has the target as its error, if it is near") {
  const StepController c;
  for (const double C : {.5, 3., 20.}) {
    const double h = .4, p = 5, aimed = h * c.aim(C * std::pow(h, p), p);
    CHECK(C * std::pow(aimed, p) == Approx(c.target).epsilon(1e-12));
  }
  CHECK(c.aim(0, 5) == c.growth);
  CHECK(c.aim(1e9, 5) == 1 / c.growth);
}

TEST_CASE("A growing error shortens the step before it is rejected") {
  StepController steady, rising;
  steady.judge(.5, .5, 4), rising.judge(.05, .5, 4);
  CHECK(rising.judge(.5, .5, 4).factor < steady.judge(.5, .5, 4).factor);
}

TEST_CASE("Where error = C e^(-a lam) h^p the prediction makes up for part of the lag") {
  // ln E falls by a h a step, so r stays as it is where p ln(h_next/h) = a h, which is integral ln(target/r) + trend a h.
  // Hence ln(r/target) = -(1 - trend) a h/integral, while a h changes slowly against the 1/integral steps of the response.
  for (const double trend : {0., .4, .8}) {
    StepController c;
    c.trend = trend;
    const int p = 5;
    const double a = 2, first = .02;
    double lam = 0, h = first, last = 0, ratio = 0;
    for (int i = 0; i < 60; ++i) {
      ratio = c.target * std::exp(-a * lam) * std::pow(h / first, p);
      lam += h, last = h;
      h *= c.judge(ratio, h, p).factor;
    }
    CHECK(std::log(ratio / c.target) == Approx(-(1 - trend) * a * last / c.integral).epsilon(.15));
  }
}

TEST_CASE("A forced step stands whatever its error") {
  StepController c;
  CHECK(c.judge(1e6, .5, 4, true).accept);
  CHECK(c.judge(1e6, .5, 4, true).factor == 1);
}
