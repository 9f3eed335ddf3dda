// The order of every method on a grid, on the flow of one Gaussian, which is known.
#include "support/driven.hpp"
#include "support/gaussian.hpp"
#include "support/methods.hpp"
#include "support/test.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <ranges>
#include <vector>

using namespace shockstep;
using test::Gaussian;

namespace {

constexpr double begin = -1, end = 2;  // in lam

/// n equal steps in lam, the first of them replaced by steps that grow threefold from a tiny one: the low orders with
/// which a multistep method begins then leave errors far below those of its full order.
std::vector<double> graded(int n) {
  const double h = (end - begin) / n;
  std::vector<double> steps;
  double left = end - begin;
  for (double small = 1e-5 * h; small < .5 * h; small *= 3) steps.push_back(small), left -= small;
  while (left > 1.5 * h) steps.push_back(h), left -= h;
  std::vector<double> sigmas{std::exp(-begin)};
  double lam = begin;
  for (const double step : steps) sigmas.push_back(std::exp(-(lam += step)));
  sigmas.push_back(std::exp(-end));
  return sigmas;
}

GridPlan plan_of(Method method, int order, SolverType type, std::vector<double> sigmas) {
  SamplerOptions options{.method = method, .order = order, .solver_type = type, .final = Final::keep};
  options.max_evaluations = 1000000;
  options.steps = FixedSteps{.sigmas = std::move(sigmas)};
  return make_grid_plan(VarianceExploding{.sigma_min = std::exp(-end), .sigma_max = std::exp(-begin)}, options);
}

struct Expected {
  Method method;
  int order;  // asked for
  int slope;
  SolverType type = SolverType::bh2;
  /// Steps at which halving is asymptotic and errors stay above rounding.
  int steps() const { return slope <= 2 ? 256 : slope <= 4 ? 128 : slope <= 6 ? 64 : 8; }
};

/// Every method of the ODE with every order it has.
std::vector<Expected> expected_of_all() {
  std::vector<Expected> all;
  for (const Method method : test::methods_that(test::of_ode)) {
    const MethodSpec& spec = spec_of(method);
    if (spec.orders.most == 0) all.push_back({method, 0, spec.convergence(spec.orders.usual)});
    for (int order = 1; order <= spec.orders.most; ++order) {
      all.push_back({method, order, spec.convergence(order)});
      if (method == Method::unipc) all.push_back({method, order, spec.convergence(order), SolverType::bh1});
    }
  }
  return all;
}

}  // namespace

TEST_CASE("each method converges with its order") {
  const auto expected = GENERATE(from_range(expected_of_all()));
  CAPTURE(name(expected.method), expected.order);
  // Of the end; of Runge-Kutta steps up to order 5, which evaluate D at every node, the largest of all nodes: the errors of tsit5
  // happen to cancel at the end.
  const auto error = [&](int steps) {
    const GridPlan plan = plan_of(expected.method, expected.order, expected.type, graded(steps));
    std::map<double, double> errors;  // by sigma of the node; the last evaluation there is that of the node itself
    const auto off = [](double x, double lam) { return std::abs(x - Gaussian().flow(2, begin, lam)); };
    const double x = test::end_on_grid(plan, 2, [&](double at, double sigma) {
      if (is_runge_kutta(expected.method) && expected.slope <= 5 &&
          std::ranges::find(plan.sigmas, sigma) != plan.sigmas.end())
        errors[sigma] = off(at, -std::log(sigma));
      return Gaussian().D(at, -std::log(sigma));
    });
    errors[plan.sigmas.back()] = off(x, end);
    return std::ranges::max(errors | std::views::values);
  };
  // Halving the steps divides the error by 2^order, but for the next term of its expansion: O(h), a few tenths here.
  const double slope = std::log2(error(expected.steps()) / error(2 * expected.steps()));
  CHECK(slope > expected.slope - .35);
  CHECK(slope < expected.slope + .6);
}

TEST_CASE("the exponential multistep on a grid makes the steps that the adaptive one makes") {
  // Weights of one step from the same ages: the plan's, and those the row computes; rounding of the ages only.
  const GridPlan plan = plan_of(Method::multistep, 3, SolverType::bh2, {2.7, 2.2, 2., 1.5, .5});
  std::array ages = {0., std::log(2. / 1.5), std::log(2.2 / 1.5)};
  const auto w = multistep_weights(ages, std::log(1.5 / .5));
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(plan.predict[3].weights[i] == Approx(w.predict[i]).epsilon(1e-12));
    CHECK(plan.correct[3].weights[i + 1] == Approx(w.predict[i] - w.correct * w.extrapolate[i]).epsilon(1e-12));
  }
  CHECK(plan.correct[3].weights[0] == Approx(w.correct).epsilon(1e-12));
}

TEST_CASE("on equal steps in sigma ipndm is Adams and Bashforth's method") {
  std::vector<double> sigmas;
  for (int i = 0; i <= 8; ++i) sigmas.push_back(std::exp(-begin) + i * (std::exp(-end) - std::exp(-begin)) / 8);
  sigmas.back() = std::exp(-end);
  const int order = GENERATE(1, 2, 3, 4);
  const GridPlan plan = plan_of(method_named("ipndm").value(), order, SolverType::bh2, sigmas);
  const GridPlan exact = plan_of(Method::lms, order, SolverType::bh2, sigmas);
  for (std::size_t n = 0; n < plan.predict.size(); ++n) {
    REQUIRE(plan.predict[n].values == exact.predict[n].values);
    for (std::size_t i = 0; i < static_cast<std::size_t>(plan.predict[n].values); ++i)
      CHECK(plan.predict[n].weights[i] == Approx(exact.predict[n].weights[i]).epsilon(1e-13));
  }
}

TEST_CASE("weights are exact for a D that does not change, whatever the method") {
  // Then x - D goes like sigma. The sums hold to rounding, amplified by weights of size 10 at most.
  for (const Method method : test::methods_that([](const MethodSpec& spec) { return spec.ode && spec.linear(); })) {
    CAPTURE(name(method));
    const auto plan = plan_of(method, 0, SolverType::bh2, {2.7, 2., 1.7, 1.2, .8, .5, .2});
    CHECK(test::end_on_grid(plan, 3 + 2.7, [](double, double) { return 3.; }) == Approx(3.2).epsilon(1e-13));
  }
}

TEST_CASE("the first and the last steps have the order of the public implementations") {
  const auto orders_of = [](Method method, int order, int nodes, Final final) {
    SamplerOptions options{.method = method, .order = order, .final = final};
    options.steps = FixedSteps{.schedule = Schedule::log_sigma, .count = nodes};
    std::vector<int> found;
    for (const auto& step : make_grid_plan(VarianceExploding{}, options).predict) found.push_back(step.values);
    return found;
  };
  using V = std::vector<int>;
  CHECK(orders_of(Method::lms, 3, 6, Final::keep) == V{1, 2, 3, 3, 3, 3});
  CHECK(orders_of(Method::dpmpp_2m, 0, 5, Final::keep) == V{1, 2, 2, 2, 2});
  CHECK(orders_of(Method::dpmpp_3m, 0, 6, Final::keep) == V{1, 2, 3, 3, 2, 1});
  CHECK(orders_of(Method::dpmpp_3m, 0, 6, Final::denoise) == V{1, 2, 3, 3, 2});
  CHECK(orders_of(Method::dpmpp_3m, 0, 16, Final::keep).back() == 3);
  CHECK(orders_of(Method::deis, 2, 5, Final::keep) == V{1, 2, 2, 2, 1});
  CHECK(orders_of(Method::unipc, 3, 6, Final::denoise) == V{1, 2, 3, 3, 2});
  CHECK(orders_of(Method::unipc, 3, 6, Final::keep) == V{1, 2, 3, 3, 2});
  CHECK(orders_of(Method::multistep, 3, 5, Final::keep) == V{1, 2, 3, 3});
}
