#include "support/test.hpp"

#include "core/fast_math.hpp"

#include <array>
#include <cmath>
#include <numbers>

using namespace shockstep;

namespace {

double relative(double found, long double exact) { return static_cast<double>(std::abs((found - exact) / exact)); }

}  // namespace

TEST_CASE("exp, log, log1p and asinh agree with long double as closely as their comments say") {
  for (int i = -4000; i <= 4000; ++i) {
    const double x = .17 * i + .001;
    if (x > -708) CHECK(relative(fast_exp(x), std::exp(static_cast<long double>(x))) < 3e-16);
    const double z = std::pow(10., .005 * i);  // 1e-20 to 1e20
    if (z != 1) CHECK(relative(fast_log(z), std::log(static_cast<long double>(z))) < 5e-16);
    CHECK(relative(fast_log1p(z), std::log1p(static_cast<long double>(z))) < 5e-16);
    CHECK(relative(fast_asinh(z), std::asinh(static_cast<long double>(z))) < 1e-15);
  }
  CHECK(fast_exp(-800) == fast_exp(-708));
  CHECK(std::isnan(fast_exp(NAN)));
  CHECK(fast_log(1) == 0);
  CHECK(fast_log(1 - 0x1p-53) == std::log(1 - 0x1p-53));
  CHECK(fast_log1p(0) == 0);
  CHECK(fast_asinh(0) == 0);
}

TEST_CASE("Sine and cosine of turns agree with long double, and exactly at quarters") {
  for (int i = 0; i <= 20000; ++i) {
    const double t = std::min(1., i * .00005);
    const auto [sine, cosine] = fast_sine_cosine_of_turns(t);
    const long double angle = 2 * std::numbers::pi_v<long double> * t;
    CHECK(std::abs(static_cast<double>(sine - std::sin(angle))) < 2e-16);
    CHECK(std::abs(static_cast<double>(cosine - std::cos(angle))) < 2e-16);
  }
  for (const auto& [t, sine, cosine] :
       {std::array{0., 0., 1.}, {.25, 1., 0.}, {.5, 0., -1.}, {.75, -1., 0.}, {1., 0., 1.}}) {
    CHECK(fast_sine_cosine_of_turns(t).sine == sine);
    CHECK(fast_sine_cosine_of_turns(t).cosine == cosine);
  }
}

TEST_CASE("log1p is continuous where the exponent changes") {
  for (const double edge : {std::sqrt(2.) - 1, 2 * std::sqrt(2.) - 1, 31 * std::sqrt(2.)})
    for (const double z : {edge * (1 - 1e-15), edge, edge * (1 + 1e-15)})
      CHECK(relative(fast_log1p(z), std::log1p(static_cast<long double>(z))) < 5e-16);
}
