#include "support/test.hpp"

#include "core/fast_math.hpp"

#include <cmath>

using namespace shockstep;

namespace {

double relative(double found, long double exact) { return static_cast<double>(std::abs((found - exact) / exact)); }

}  // namespace

TEST_CASE("exp, log1p and asinh agree with long double as closely as their comments say") {
  for (int i = -4000; i <= 4000; ++i) {
    const double x = .17 * i + .001;
    if (x > -708) CHECK(relative(fast_exp(x), std::exp(static_cast<long double>(x))) < 3e-16);
    const double z = std::pow(10., .005 * i);  // 1e-20 to 1e20
    CHECK(relative(fast_log1p(z), std::log1p(static_cast<long double>(z))) < 5e-16);
    CHECK(relative(fast_asinh(z), std::asinh(static_cast<long double>(z))) < 1e-15);
  }
  CHECK(fast_exp(-800) == fast_exp(-708));
  CHECK(std::isnan(fast_exp(NAN)));
  CHECK(fast_log1p(0) == 0);
  CHECK(fast_asinh(0) == 0);
}

TEST_CASE("log1p is continuous where the exponent changes") {
  for (const double edge : {std::sqrt(2.) - 1, 2 * std::sqrt(2.) - 1, 31 * std::sqrt(2.)})
    for (const double z : {edge * (1 - 1e-15), edge, edge * (1 + 1e-15)})
      CHECK(relative(fast_log1p(z), std::log1p(static_cast<long double>(z))) < 5e-16);
}
