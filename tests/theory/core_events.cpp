#include "support/driven.hpp"
#include "support/test.hpp"

#include "burgers/burst_probe.hpp"
#include "burgers/event_detector.hpp"
#include "burgers/jacobian_probe.hpp"

#include <cmath>
#include <vector>

using namespace shockstep;

namespace {

double own_time(double sigma) { return sigma; }

/// The symmetric pair at +-a, width s0, along its flow in 1-D: x and D at each lam, J in closed form.
struct Pair {
  double a = 1, s0 = .1;
  double v(double lam) const { return s0 * s0 + std::exp(-2 * lam); }
  double D(double x, double lam) const {
    const double g = s0 * s0 / v(lam);
    return g * x + (1 - g) * a * std::tanh(a * x / v(lam));
  }
  double J(double x, double lam) const {
    const double t = std::tanh(a * x / v(lam)), g = s0 * s0 / v(lam);
    return g + (1 - g) * a * a / v(lam) * (1 - t * t);
  }
};

struct Exact {
  double enter = 0, exit = 0, peak = 0, exponent = 0;
};

/// Runs the detector over a trajectory integrated finely, with nodes every `spacing` in lam; exact values on the side.
std::vector<Event> detect(const Pair& pair, double start, double spacing, Exact& exact, int& measured) {
  const LamTable no_gate;
  EventDetector detector(1 * (pair.a * pair.a + pair.s0 * pair.s0), no_gate);
  detector.reset();
  const double begin = -std::log(80.), end = -std::log(.01), h = 1e-4;
  double x = start, D_node = pair.D(x, begin), D_measured = D_node, node = begin, largest = 0, before = D_node;
  int accepted = 0;
  measured = 0;
  for (double lam = begin; lam < end; lam += h) {
    const double k1 = pair.D(x, lam) - x, k2 = pair.D(x + .5 * h * k1, lam + .5 * h) - x - .5 * h * k1;  // midpoint
    x += h * k2;
    const double D = pair.D(x, lam + h), J = pair.J(x, lam + h);
    if (J > 1) {
      if (exact.exponent == 0) exact.enter = lam + h;
      exact.exit = lam + h;
      exact.exponent += (J - 1) * h;
      const double rate = std::abs(D - before) / h * std::exp(lam + .5 * h);
      if (rate > largest) largest = rate, exact.peak = lam + .5 * h;
    }
    before = D;
    if (lam + h - node >= spacing) {
      detector.node(lam + h, lam + h - node, std::abs(D - D_node), ++accepted);
      if (detector.due(lam + h, false)) {
        detector.measured(J, std::abs(D - D_measured), std::vector{1.});
        D_measured = D;
        ++measured;
      }
      node = lam + h;
      D_node = D;
    }
  }
  double exponent;
  return detector.events(5, own_time, exponent);
}

}  // namespace

TEST_CASE("Events of a trajectory that decides late bracket the exact ones") {
  const Pair pair;
  for (const double start : {.5, 2., 5., -8.}) {
    CAPTURE(start);
    Exact exact;
    int measured;
    const auto events = detect(pair, start, .2, exact, measured);
    REQUIRE(events.size() == 3);
    CHECK(events[0].kind == EventKind::enter);
    CHECK(events[1].kind == EventKind::speciation);
    CHECK(events[2].kind == EventKind::exit);
    const double lams[] = {exact.enter, exact.peak, exact.exit};
    for (int i = 0; i < 3; ++i) {
      CAPTURE(i);
      CHECK(events[i].sigma_low <= std::exp(-lams[i]));
      CHECK(events[i].sigma_high >= std::exp(-lams[i]));
      CHECK(events[i].sigma_low <= events[i].sigma);
      CHECK(events[i].sigma_high >= events[i].sigma);
      CHECK(events[i].sigma_high < std::exp(.6) * events[i].sigma_low);  // a step of .2 on either side, and one for J
      CHECK(std::abs(events[i].lam - lams[i]) < .2);                     // one step
      CHECK(events[i].time == events[i].sigma);
      CHECK(events[i].trajectory == 5);
    }
    // Two modes without width are interpolated exactly but for the path of phi; nodes .2 apart leave a few per cent.
    CHECK(events[1].exponent == Approx(exact.exponent).epsilon(.1));
    CHECK(std::abs(events[1].direction.at(0)) == 1);
  }
}

TEST_CASE("An exit reaches to where J is seen below 1") {
  // The curve dips below 1 between two measurements above it.
  const LamTable no_gate;
  EventDetector detector(1, no_gate);
  detector.reset();
  const double J[] = {.6, 1.5, 1.02, 1.01, .9};
  const double moved[] = {.1, .1, 3, .01, .01};
  for (int i = 0; i < 5; ++i) {
    detector.node(.5 * i, .5, moved[i], i + 1);
    detector.measured(J[i], moved[i], std::vector{1.});
  }
  double exponent;
  const auto events = detector.events(0, own_time, exponent);
  REQUIRE(events.size() == 3);
  CHECK(events[2].kind == EventKind::exit);
  CHECK(events[2].lam < 1.5);
  CHECK(events[2].sigma_high >= std::exp(-1.));
  CHECK(events[2].sigma_low == Approx(std::exp(-2.)));
}

TEST_CASE("A trajectory far from the interface has no event") {
  Exact exact;
  int measured;
  CHECK(detect(Pair{}, 150, .2, exact, measured).empty());
  CHECK(exact.exponent < .1);
}

TEST_CASE("On the midline the exponent is Gamma, and the window does not close") {
  // Gamma(v) = (a^2/v - 1 - ln(a^2/v))/2 from v_c = a^2 down to v for s0 -> 0.
  const LamTable no_gate;
  EventDetector detector(1, no_gate);
  detector.reset();
  double last = 0;
  int n = 0;
  for (double lam = -1; lam < 1.2; lam += .16) {
    detector.node(lam, .16, 0, ++n);
    if (detector.due(lam, false)) detector.measured(std::exp(2 * lam), 0, std::vector{1.}), last = lam;
  }
  double exponent;
  const auto events = detector.events(0, own_time, exponent);
  REQUIRE(last > 1);
  const double v = std::exp(-2 * last), gamma = .5 * (1 / v - 1 + std::log(v));
  CHECK(exponent == Approx(gamma).epsilon(.02));  // trapezoid over log-linear J, steps of .16/12
  REQUIRE(events.size() == 2);                    // enter and speciation, no exit
  CHECK(events[0].sigma == Approx(1).epsilon(.02));
}

TEST_CASE("On a manifold a window is J above 1.1, along a hill on the plateau of 1") {
  // J = g + .6 e^{-(lam - 2)^2/2}, g = 1/(1 + e^{-2 lam - 3}) of Gaussian data: a plateau beneath a hill of width 1.
  const auto J = [](double lam) {
    return 1 / (1 + std::exp(-2 * lam - 3)) + .6 * std::exp(-.5 * std::pow(lam - 2, 2));
  };
  Exact exact;
  for (double lam = -4; lam < 6; lam += 1e-4) {
    if (J(lam) <= 1.1) continue;
    if (exact.exponent == 0) exact.enter = lam;
    exact.exit = lam, exact.exponent += (J(lam) - 1) * 1e-4;
  }
  const LamTable no_gate;
  EventDetector detector(1, no_gate, true);
  detector.reset();
  int n = 0, measured = 0;
  for (double lam = -4; lam < 6; lam += .2) {
    detector.node(lam, .2, .1, ++n);
    if (detector.due(lam, false)) detector.measured(J(lam), .1, std::vector{1.}, .9 * J(lam)), ++measured;
  }
  double exponent;
  const auto events = detector.events(0, own_time, exponent);
  REQUIRE(events.size() == 3);
  // Trapezoids of .4 err by .4^2/12 times the change of the slope, .6 e^{-1/2} at most on either side.
  CHECK(std::abs(exponent - exact.exponent) < .16 / 12 * 4 * .6 * std::exp(-.5));
  const double lams[] = {exact.enter, 0, exact.exit};
  for (const int i : {0, 2}) {
    CHECK(events[i].rate == Approx(.1));
    CHECK(events[i].sigma_low <= std::exp(-lams[i]));
    CHECK(events[i].sigma_high >= std::exp(-lams[i]));
    CHECK(std::abs(events[i].lam - lams[i]) < .1);  // a quarter of what lies between two measurements
  }
  CHECK(measured < 20);  // the plateau is hardly looked at
}

TEST_CASE("Where many eigenvalues lie near the top, the residual tells of what the products do not contain") {
  // D = A x, A diagonal in 40 dimensions: eigenvalues from 0 to 1.2, evenly, and 1.4 at the top.
  constexpr std::size_t d = 40;
  const auto D = [](const std::vector<double>& x) {
    std::vector<double> y(d);
    for (std::size_t i = 0; i < d; ++i) y[i] = (i == 0 ? 1.4 : 1.2 * static_cast<double>(i) / d) * x[i];
    return y;
  };
  test::OwnState state(d);
  JacobianProbe probe(state);
  const Vector here = state.make(), D_here = state.make(), before = state.make();
  std::vector<double> x(d);
  for (std::size_t i = 0; i < d; ++i) x[i] = std::sin(1. + static_cast<double>(i * i));
  state.put(here, x), state.put(D_here, D(x)), state.put(before, std::vector<double>(d));
  probe.reset(1);
  for (int node = 0; node < 3; ++node) {  // the direction known before is what the next node begins with
    int products = 0;
    test::run(state, probe.measure({here, here, D_here, before, .5}, .1, {.products = 5, .all = true}, products),
              [&](const std::vector<double>& asked, double) { return D(asked); });
    CHECK(products == 5);
    CHECK(probe.J() >
          1.2);  // the quotient along what is found lies between that of the second eigenvalue and the first
    CHECK(probe.J() < 1.4 * 1.1);
  }
  CHECK(probe.J() == Approx(1.4).epsilon(.03));
}

TEST_CASE("The probe finds the top eigenvalue of a symmetric Jacobian") {
  // D = A x with eigenvalues 3, 1, .2 in rotated axes: exact in three products, whatever the start.
  const double c = std::cos(.7), s = std::sin(.7);
  const double A[3][3] = {{3 * c * c + s * s, 2 * c * s, 0}, {2 * c * s, 3 * s * s + c * c, 0}, {0, 0, .2}};
  const auto D = [&](const std::vector<double>& x) {
    std::vector<double> y(3, 0.);
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) y[i] += A[i][j] * x[j];
    return y;
  };
  test::OwnState state(3);
  JacobianProbe probe(state);
  probe.reset(1);
  const Vector predicted = state.make(), corrected = state.make(), D_here = state.make(), before = state.make();
  const std::vector<double> x{.31, -.2, .12};
  state.put(predicted, {.3, -.2, .1});
  state.put(corrected, x);
  state.put(D_here, D({.3, -.2, .1}));
  state.put(before, {0, 0, .5});
  int products = 0;
  test::run(state,
            probe.measure({predicted, corrected, D_here, before, .5}, .4, {.products = 3, .all = false}, products),
            [&](const std::vector<double>& asked, double) { return D(asked); });
  CHECK(products <= 3);
  CHECK(probe.J() == Approx(3).epsilon(2 * .02));  // stops at theta/|Jz| >= .98
  const auto direction = state.numbers(probe.direction()), denoised = state.numbers(probe.denoised());
  CHECK(std::abs(direction[0] * c + direction[1] * s) > .98);
  CHECK(std::hypot(direction[0], direction[1], direction[2]) == Approx(1).epsilon(1e-12));
  // D at the corrected point, along the measured direction.
  const auto exact = D(x);
  const double along = direction[0] * .01, across = .02;
  CHECK(std::abs(denoised[0] - exact[0]) < 3 * std::abs(across * .2) + .1 * std::abs(along));
}

namespace {

/// What is measured at the bursts of the pair's path in 16 dimensions, with nodes .25 apart in lam, and the largest J at the nodes.
std::vector<BurstProbe::Measurement> at_bursts(const Pair& pair, double start, double& largest, int& products) {
  constexpr std::size_t d = 16;
  const auto D = [&](const std::vector<double>& x, double sigma) {
    const double lam = -std::log(sigma), g = pair.s0 * pair.s0 / pair.v(lam);
    std::vector<double> out(d);
    for (std::size_t i = 1; i < d; ++i) out[i] = g * x[i];
    out[0] = pair.D(x[0], lam);
    return out;
  };
  test::OwnState state(d);
  BurstProbe probe(state, [](double) { return true; });
  const Vector here = state.make(), denoised = state.make();
  const double begin = -std::log(80.), end = -std::log(.01), h = 1e-3;
  std::vector<double> x(d, 20.);
  x[0] = start;
  probe.restart(1);
  largest = products = 0;
  for (int n = 0;; ++n) {
    const double lam = begin + .25 * n, sigma = std::exp(-lam);
    const bool last = lam + .25 > end;
    state.put(here, x);
    state.put(denoised, D(x, sigma));
    test::run(state, probe.node(lam, sigma, here, here, denoised), D);
    test::run(state, probe.measure(last, products), D);
    largest = std::max(largest, pair.J(x[0], lam));
    if (last) break;
    for (double at = lam; at < lam + .25 - h / 2; at += h) {  // midpoint
      const auto slope = D(x, std::exp(-at));
      std::vector<double> middle(d);
      for (std::size_t i = 0; i < d; ++i) middle[i] = x[i] + .5 * h * (slope[i] - x[i]);
      const auto there = D(middle, std::exp(-at - .5 * h));
      for (std::size_t i = 0; i < d; ++i) x[i] += h * (there[i] - middle[i]);
    }
  }
  return probe.measured();
}

}  // namespace

TEST_CASE("A path is measured where it decides, and nowhere else") {
  const Pair pair;
  double largest;
  int products;
  for (const double start : {.5, 2., 5., -8.}) {
    CAPTURE(start);
    const auto measured = at_bursts(pair, start, largest, products);
    REQUIRE(!measured.empty());
    CHECK(products <= 8);
    double found = 0;
    for (const auto& m : measured) {
      found = std::max(found, m.J);
      if (m.J > 1.2) CHECK(std::abs(m.direction[0]) > .98);  // the line between the modes
    }
    // Of nodes .25 apart J grows as e^{2 lam} to one before the decision: half of it lies between neighbours.
    CHECK(found > .6 * largest);
    CHECK(found < 1.05 * largest);  // forward differences over .01 sigma
  }
  // Within one mode all motion is the bulk's.
  CHECK(at_bursts(pair, 150, largest, products).empty());
  CHECK(products == 0);
}
