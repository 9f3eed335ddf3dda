/// The order that a multistep's history asks for, on values whose extrapolations are known.
#include "support/test.hpp"

#include "stepper/order_choice.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

using namespace shockstep;

namespace {

/// After ten equal steps of length h along a function: gaps of its values to what 1, 2, ... values before them extrapolate.
OrderChoice after(const std::function<double(double)>& value, double h) {
  OrderChoice choice;
  for (int n = 1; n <= 10; ++n) {
    std::vector<double> errors;
    std::vector<double> difference;  // of the order k: k values and the new one
    for (int i = 0; i <= std::min(n, OrderChoice::most); ++i) difference.push_back(value((n - i) * h));
    while (difference.size() > 1) {
      for (std::size_t i = 0; i + 1 < difference.size(); ++i) difference[i] -= difference[i + 1];
      difference.pop_back();
      errors.push_back(std::abs(difference[0]));
    }
    errors.erase(errors.begin());  // of a single value, which is never preferred
    choice.add(errors, h);
  }
  return choice;
}

}  // namespace

TEST_CASE("Order: the highest for what is smooth, the lowest for what jumps") {
  // The k-th difference of e^-u is (e^h - 1)^k times the value: each order more divides it by three.
  CHECK(after([](double u) { return std::exp(-u); }, .3).order(.3, 10) == OrderChoice::most);
  // Of values that alternate every difference doubles.
  CHECK(after([](double u) { return std::cos(3.14159265358979 * u / .3); }, .3).order(.3, 10) == OrderChoice::least);
  // A parabola's third difference is 0 but for rounding, the second one is not.
  CHECK(after([](double u) { return u * u; }, .25).order(.25, 3) == 3);
}

TEST_CASE("Order: a longer step magnifies errors of a high order more") {
  // (e^h - 1)^k at h = .3 falls by .35 an order; a step twice as long has 2^(k+1) times the error, which leaves .70, one three times as
  // long 3^(k+1) times: then each order more is worse.
  const OrderChoice choice = after([](double u) { return std::exp(-u); }, .3);
  CHECK(choice.order(.6, 10) == OrderChoice::most);
  CHECK(choice.order(.9, 10) == OrderChoice::least);
}

TEST_CASE("Order: no more values than there are, and none that was never tried") {
  OrderChoice choice;
  CHECK(choice.order(.3, 1) == 1);
  CHECK(choice.order(.3, 4) == OrderChoice::least);
  choice.add(std::vector{1e-3, 1e-4}, .3);
  CHECK(choice.order(.3, 4) == 3);
  CHECK(choice.order(.3, 2) == 2);
  choice.restart();
  CHECK(choice.order(.3, 4) == OrderChoice::least);
}
