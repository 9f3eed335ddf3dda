#include "support/gaussian.hpp"
#include "support/methods.hpp"
#include "support/test.hpp"

#include "stepper/runge_kutta_row.hpp"

#include <boost/numeric/odeint/stepper/runge_kutta_cash_karp54.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <cmath>
#include <vector>

using namespace shockstep;
using test::Gaussian;

namespace {

const Gaussian g;
using State = std::vector<double>;

State denoise(const State& x, double lam) {
  State D(x);
  for (double& value : D) value = g.D(value, lam);
  return D;
}

/// One evaluation of the step under way.
bool evaluate(RungeKuttaRow& row, State& point) {
  const double lam = row.request(point);
  return row.receive(point, denoise(point, lam));
}

/// A whole step, and the number of evaluations it took.
int step(RungeKuttaRow& row, const State& x, double lam, double h) {
  State point(x.size());
  row.begin(x, denoise(x, lam), lam, h);
  int evaluations = 1;
  while (!evaluate(row, point)) ++evaluations;
  return evaluations;
}

constexpr double begin = -1, end = 2;

double end_error(Method method, int n) {
  RungeKuttaRow row(method, 1);
  State x{2};
  for (int i = 0; i < n; ++i) {
    const double lam = begin + (end - begin) * i / n;
    step(row, x, lam, (end - begin) / n);
    x.assign(row.end().begin(), row.end().end());
  }
  return std::abs(x[0] - g.flow(2, begin, end));
}

struct Case {
  Method method;
  int order, error_order, evaluations;
  /// Steps over [begin, end], and one step, at which halving is asymptotic and errors stay above rounding.
  int n() const { return order <= 3 ? 128 : order <= 5 ? 64 : 8; }
  double h() const { return order <= 5 ? 1. / 32 : 1. / 5; }
};

const std::vector<Case> all = [] {
  std::vector<Case> cases;
  for (const Method method : test::methods_that(test::of_runge_kutta)) {
    const MethodSpec& spec = spec_of(method);
    cases.push_back({method, spec.tableau()->order, spec.tableau()->error_order, spec.evaluations()});
  }
  return cases;
}();

}  // namespace

TEST_CASE("Each Runge-Kutta method converges with its order, and its embedded error with that of the lower one") {
  const Case c = GENERATE(from_range(all));
  CAPTURE(name(c.method));
  RungeKuttaRow row(c.method, 1);
  CHECK(row.order() == c.order);
  CHECK(row.error_order() == c.error_order);
  const double slope = std::log2(end_error(c.method, c.n()) / end_error(c.method, 2 * c.n()));
  CHECK(std::abs(slope - c.order) < .3);

  const auto embedded = [&](double h) {
    step(row, {2}, -.5, h);
    return row.error();
  };
  CHECK(std::abs(std::log2(embedded(c.h()) / embedded(c.h() / 2)) - (c.error_order + 1)) < .3);
}

TEST_CASE("A step's last evaluation is at its end, its points lie inside, and it takes as many as it says") {
  const Case c = GENERATE(from_range(all));
  CAPTURE(name(c.method));
  RungeKuttaRow row(c.method, 2);
  CHECK(row.evaluations() == c.evaluations);
  CHECK(step(row, {2, -1}, .3, .7) == c.evaluations);
  State point(2);
  const double lam = .1, h = 1. / 3;
  row.begin(State{2, -1}, denoise({2, -1}, lam), lam, h);
  double at = 0;
  do {
    at = row.request(point);
    CHECK((at >= lam && at <= lam + h));
  } while (!evaluate(row, point));
  CHECK(at == lam + h);
  CHECK(point == State(row.end().begin(), row.end().end()));
}

TEST_CASE("Evaluated one at a time, a step is bit by bit the one odeint makes") {
  const auto rhs = [](const State& x, State& slope, double lam) {
    slope = denoise(x, lam);
    for (std::size_t i = 0; i < x.size(); ++i) slope[i] -= x[i];
  };
  const State x{2, -.3};
  const double lam = -.4, h = .6;
  State out(2), error(2), slope(2), end_slope(2);
  rhs(x, slope, lam);
  const auto check = [&](Method method) {
    RungeKuttaRow row(method, 2);
    step(row, x, lam, h);
    CHECK(State(row.end().begin(), row.end().end()) == out);
    CHECK(row.error() == Approx(std::hypot(error[0], error[1]) / std::sqrt(2.)).epsilon(1e-14));
  };
  namespace odeint = boost::numeric::odeint;
  odeint::runge_kutta_dopri5<State>().do_step(rhs, x, slope, lam, out, end_slope, h, error);
  check(Method::dopri5);
  odeint::runge_kutta_cash_karp54<State>().do_step(rhs, x, slope, lam, out, h, error);
  check(Method::cash_karp54);
  odeint::runge_kutta_fehlberg78<State>().do_step(rhs, x, slope, lam, out, h, error);
  check(Method::fehlberg78);
}

TEST_CASE("Rows with steps of their own do not influence each other, and a dropped step leaves no trace") {
  const Case c = GENERATE(from_range(all));
  CAPTURE(name(c.method));
  const State x{2, -1}, y{-.4, .9};
  RungeKuttaRow one(c.method, 2), other(c.method, 2), alone(c.method, 2);
  State point(2);
  other.begin(y, denoise(y, 1), 1, 2);  // to be dropped
  evaluate(other, point);
  other.reset();
  CHECK_FALSE(other.under_way());
  one.begin(x, denoise(x, 0), 0, .5);
  other.begin(y, denoise(y, .7), .7, .02);
  for (int i = 0; i < c.evaluations; ++i) evaluate(one, point), evaluate(other, point);
  step(alone, x, 0, .5);
  CHECK(State(one.end().begin(), one.end().end()) == State(alone.end().begin(), alone.end().end()));
  CHECK(one.error() == alone.error());
  step(alone, y, .7, .02);
  CHECK(State(other.end().begin(), other.end().end()) == State(alone.end().begin(), alone.end().end()));
  CHECK(other.error() == alone.error());
}
