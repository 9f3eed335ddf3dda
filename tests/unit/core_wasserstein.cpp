// Distances on a line and the jackknife, against values by hand.
#include "core/jackknife.hpp"
#include "core/wasserstein.hpp"
#include "support/test.hpp"

#include <vector>

using namespace shockstep;

namespace {

double distance2(const std::vector<double>& a, const std::vector<double>& b) { return wasserstein2_squared(a, b); }

}  // namespace

TEST_CASE("lists of one length pair by rank") {
  CHECK(distance2({0, 1, 5}, {0, 1, 5}) == 0);
  CHECK(distance2({0, 1, 5}, {1, 3, 5}) == Approx((1 + 4 + 0) / 3.));
  CHECK(distance2({-2, 4}, {-1, 5}) == Approx(1));
}

TEST_CASE("quantile functions of lists of different lengths are steps") {
  CHECK(distance2({0, 1}, {0, 0, 1, 1}) == 0);
  CHECK(distance2({2}, {1, 3, 6}) == Approx((1 + 1 + 16) / 3.));
  // Thirds against halves, in sixths: 0 0 1 1 2 2 against 0 0 0 3 3 3.
  CHECK(distance2({0, 1, 2}, {0, 3}) == Approx((0 + 0 + 1 + 4 + 1 + 1) / 6.));
  CHECK(distance2({0, 3}, {0, 1, 2}) == Approx(distance2({0, 1, 2}, {0, 3})));
}

TEST_CASE("the jackknife of a mean is its standard error") {
  const std::vector<double> x{1, 4, 4, 7, 9};  // s^2 = (16 + 1 + 1 + 4 + 16)/4
  std::vector<double> without;
  for (const double left_out : x) without.push_back((25 - left_out) / 4);
  CHECK(jackknife_error(without) == Approx(std::sqrt(38. / 4 / 5)));
  CHECK(std::isnan(jackknife_error({1.})));
}

TEST_CASE("blocks have neighbours, and are as equal as can be") {
  CHECK(jackknife_blocks(1) == 0);
  CHECK(jackknife_blocks(5) == 2);
  CHECK(jackknife_blocks(1000) == 16);
  std::vector<int> sizes(16);
  for (int i = 0; i < 1000; ++i) ++sizes[static_cast<std::size_t>(jackknife_block(i, 1000, 16))];
  for (const int size : sizes) CHECK((size == 62 || size == 63));
}
