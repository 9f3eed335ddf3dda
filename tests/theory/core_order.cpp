#include "support/driven.hpp"
#include "support/gaussian.hpp"
#include "support/test.hpp"

#include "stepper/multistep_history.hpp"

#include <shockstep/error.hpp>

#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>

#include <array>
#include <cmath>
#include <vector>

using namespace shockstep;
using test::Gaussian;

namespace {

constexpr double begin = -1, end = 2;

/// Error at the end with n equal steps of a method of this order. The history is filled by steps that grow threefold, so
/// that the low orders they are made with leave errors far below those of the full order.
double end_error(int order, int n) {
  const Gaussian g;
  test::OwnState state(1);
  MultistepHistory history(state, order);
  state.put(history.x(), {2});
  history.restart(begin);
  state.D[0] = g.D(2, begin);
  history.seed(State::answer).now();
  const double h = (end - begin) / n;
  std::vector<double> steps;
  double left = end - begin;
  for (double small = 1e-5 * h; small < .5 * h; small *= 3) steps.push_back(small), left -= small;
  for (int i = 0; i < n - 1; ++i) steps.push_back(h), left -= h;
  steps.push_back(left);
  for (const double step : steps) {
    history.predict(step).now();
    state.D[0] = g.D(state.asked[0], history.lam() + step);
    history.correct().now();
    history.accept();
  }
  return std::abs(state.numbers(history.x())[0] - g.flow(2, begin, end));
}

}  // namespace

TEST_CASE("A predictor of order k with its corrector converges with order k + 1") {
  const int order = GENERATE(1, 2, 3, 4, 5);
  CAPTURE(order);
  // Halving the step divides the error by 2^(k+1). The last pair of a sequence that stays above rounding is judged; the
  // next term of the error expansion changes the slope by O(h), a few tenths at these steps.
  const int n = std::array{128, 128, 256, 64, 64}[static_cast<std::size_t>(order - 1)];
  const double slope = std::log2(end_error(order, n) / end_error(order, 2 * n));
  CHECK(slope > order + .7);
  CHECK(slope < order + 1.6);
}

TEST_CASE("The error estimate is the difference of corrector and predictor") {
  const Gaussian g;
  test::OwnState state(1);
  MultistepHistory history(state, 2);
  state.put(history.x(), {1});
  history.restart(0);
  state.D[0] = g.D(1, 0);
  history.seed(State::answer).now();
  for (const double h : {.1, .2, .15}) {
    history.predict(h).now();
    state.D[0] = g.D(state.asked[0], history.lam() + h);
    const double error = history.outcome(history.correct().now()).error;
    history.accept();
    CHECK(error == Approx(std::abs(state.numbers(history.x())[0] - state.asked[0])).margin(1e-15));
  }
}

TEST_CASE("odeint's integrate_adaptive drives the method") {
  const Gaussian g;
  const auto rhs = [&](const std::vector<double>& x, std::vector<double>& dxdt, double lam) {
    for (std::size_t i = 0; i < x.size(); ++i) dxdt[i] = g.D(x[i], lam) - x[i];
  };
  double last = 1;
  for (const double tolerance : {1e-4, 1e-6, 1e-8, 1e-10}) {
    std::vector<double> x{2, -1};
    int nodes = 0;
    const auto steps = boost::numeric::odeint::integrate_adaptive(
        ExponentialMultistep(tolerance), rhs, x, begin, end, .1, [&](const std::vector<double>&, double) { ++nodes; });
    CHECK(static_cast<int>(steps) + 1 == nodes);
    const double error = std::max(std::abs(x[0] - g.flow(2, begin, end)), std::abs(x[1] - g.flow(-1, begin, end)));
    // The flow contracts (J < 1), so errors of at most `tolerance` per step (root mean square of two) add up to less than
    // steps tolerance sqrt(2).
    CHECK(error < static_cast<double>(steps) * tolerance * std::sqrt(2.));
    CHECK(error < last);
    last = error;
  }
}

TEST_CASE("Settings of the odeint stepper are checked") {
  CHECK_THROWS_AS(ExponentialMultistep(0), ConfigError);
  CHECK_THROWS_AS(ExponentialMultistep(1e-3, 6), ConfigError);
}
