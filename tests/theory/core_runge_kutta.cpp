#include "support/driven.hpp"
#include "support/gaussian.hpp"
#include "support/methods.hpp"
#include "support/test.hpp"

#include "stepper/method_spec.hpp"
#include "stepper/runge_kutta.hpp"

#include <boost/numeric/odeint/stepper/runge_kutta_cash_karp54.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace shockstep;
using test::Gaussian;

namespace {

const Gaussian g;
using Numbers = std::vector<double>;

Numbers denoise(const Numbers& x, double lam) {
  Numbers D(x);
  for (double& value : D) value = g.D(value, lam);
  return D;
}

/// The method's steps from one x to the next.
struct Steps {
  Steps(Method method, std::size_t d)
      : state(d), runge_kutta(*spec_of(method).tableau(), state, false), x(state.make()), D(state.make()) {}

  /// A whole step; the points asked for go to `points`, their lam to `lams`.
  void operator()(const Numbers& from, double lam, double h) {
    points.clear(), lams.clear();
    state.put(x, from);
    state.put(D, denoise(from, lam));
    const auto answer = [&](const Numbers& asked, double sigma) {
      points.push_back(asked), lams.push_back(-std::log(sigma));
      return denoise(asked, lams.back());
    };
    const bool whole = test::run(state, runge_kutta.step({x, D, lam, h, std::exp(-lam), std::exp(-(lam + h))}), answer);
    CHECK(whole);
    end = state.asked;
  }

  test::OwnState state;
  RungeKutta runge_kutta;
  Vector x, D;
  std::vector<Numbers> points;
  Numbers lams, end;
};

constexpr double begin = -1, end = 2;

/// The largest at any node: at a single one errors may happen to cancel, as those of tsit5 do at the end.
double largest_error(Method method, int n) {
  Steps step(method, 1);
  Numbers x{2};
  double most = 0;
  for (int i = 0; i < n; ++i) {
    const double lam = begin + (end - begin) * i / n, h = (end - begin) / n;
    step(x, lam, h);
    x = step.end;
    most = std::max(most, std::abs(x[0] - g.flow(2, begin, lam + h)));
  }
  return most;
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
  Steps step(c.method, 1);
  CHECK(step.runge_kutta.error_order() == c.error_order);
  const double slope = std::log2(largest_error(c.method, c.n()) / largest_error(c.method, 2 * c.n()));
  CHECK(std::abs(slope - c.order) < .3);

  const auto embedded = [&](double h) {
    step({2}, -.5, h);
    return step.runge_kutta.error();
  };
  CHECK(std::abs(std::log2(embedded(c.h()) / embedded(c.h() / 2)) - (c.error_order + 1)) < .3);
}

TEST_CASE("A step's last evaluation is at its end, its points lie inside, and it takes as many as it says") {
  const Case c = GENERATE(from_range(all));
  CAPTURE(name(c.method));
  Steps step(c.method, 2);
  CHECK(step.runge_kutta.evaluations() == c.evaluations);
  const double lam = .1, h = 1. / 3;
  step({2, -1}, lam, h);
  CHECK(step.points.size() == static_cast<std::size_t>(c.evaluations));
  for (const double at : step.lams) CHECK((at >= lam - 1e-15 && at <= lam + h + 1e-15));  // lam through sigma and back
  CHECK(step.lams.back() == Approx(lam + h).epsilon(1e-15));
  CHECK(step.points.back() == step.end);
}

TEST_CASE("A step is the one odeint makes") {
  const auto rhs = [](const Numbers& x, Numbers& slope, double lam) {
    slope = denoise(x, lam);
    for (std::size_t i = 0; i < x.size(); ++i) slope[i] -= x[i];
  };
  const Numbers x{2, -.3};
  const double lam = -.4, h = .6;
  Numbers out(2), error(2), slope(2), end_slope(2);
  rhs(x, slope, lam);
  const auto check = [&](Method method) {
    Steps step(method, 2);
    step(x, lam, h);
    // Ours goes through sigma and back: a rounding of lam, which moves D by as much of itself.
    for (std::size_t i = 0; i < 2; ++i) CHECK(step.end[i] == Approx(out[i]).epsilon(1e-15));
    CHECK(step.runge_kutta.error() == Approx(std::hypot(error[0], error[1]) / std::sqrt(2.)).margin(1e-15));
  };
  namespace odeint = boost::numeric::odeint;
  odeint::runge_kutta_dopri5<Numbers>().do_step(rhs, x, slope, lam, out, end_slope, h, error);
  check(Method::dopri5);
  odeint::runge_kutta_cash_karp54<Numbers>().do_step(rhs, x, slope, lam, out, h, error);
  check(Method::cash_karp54);
  odeint::runge_kutta_fehlberg78<Numbers>().do_step(rhs, x, slope, lam, out, h, error);
  check(Method::fehlberg78);
}

TEST_CASE("A step that was dropped leaves no trace") {
  const Case c = GENERATE(from_range(all));
  CAPTURE(name(c.method));
  const Numbers x{2, -1}, y{-.4, .9};
  Steps step(c.method, 2), alone(c.method, 2);
  {
    step.state.put(step.x, y);
    const auto dropped = step.runge_kutta.step({step.x, step.D, 1, 2, std::exp(-1.), std::exp(-3.)});
    step.state.start(dropped.handle());
    step.state.resume();
  }
  step(x, 0, .5);
  alone(x, 0, .5);
  CHECK(step.end == alone.end);
  CHECK(step.runge_kutta.error() == alone.runge_kutta.error());
}
