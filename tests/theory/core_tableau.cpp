// The tableau of every Runge-Kutta method: Butcher's order conditions, and odeint's own steppers.
#include "support/methods.hpp"
#include "support/test.hpp"

#include <boost/numeric/odeint/stepper/runge_kutta_cash_karp54.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace shockstep;
using State = std::vector<double>;

namespace {

/// A rooted tree (Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, section II.2): the trees that are left
/// when its root is taken away, as indices into the list of all trees.
struct Tree {
  int order = 1;
  double density = 1;  // gamma: the product of the orders of all its subtrees
  std::vector<std::size_t> branches{};
};

/// All trees of so many nodes at most, in order of their number. Branches never rise, so that no tree comes twice.
std::vector<Tree> trees(int most) {
  std::vector<Tree> all{{}};
  const auto grow = [&](auto&& self, const Tree& tree, std::size_t largest, int order) -> void {
    if (tree.order == order) all.push_back(tree), all.back().density *= order;
    for (std::size_t i = 0; i <= largest && tree.order + all[i].order <= order; ++i) {
      Tree next = tree;
      next.order += all[i].order, next.density *= all[i].density;
      next.branches.push_back(i);
      self(self, next, i, order);
    }
  };
  for (int order = 2; order <= most; ++order) grow(grow, {}, all.size() - 1, order);
  return all;
}

/// Largest sum_i b_i Phi_i(tree) - 1/gamma(tree) over the trees of an order.
double defect(const Tableau& t, const std::vector<double>& b, const std::vector<Tree>& all, int order) {
  const std::size_t stages = t.b.size();
  std::vector<State> inner;  // of each tree and stage: the product over branches of sum_j a_ij Phi_j
  double largest = 0;
  for (const Tree& tree : all) {
    State phi(stages, 1);
    double sum = 0;
    for (std::size_t i = 0; i < stages; ++i) {
      for (const std::size_t branch : tree.branches) {
        double below = 0;
        for (std::size_t j = 0; j < t.a[i].size(); ++j) below += t.a[i][j] * inner[branch][j];
        phi[i] *= below;
      }
      sum += b[i] * phi[i];
    }
    inner.push_back(phi);
    if (tree.order == order) largest = std::max(largest, std::abs(sum - 1 / tree.density));
  }
  return largest;
}

struct Step {
  State end, error;
};

/// In odeint's order of sums.
template <class F>
Step step_of(const Tableau& t, const F& rhs, const State& x, double lam, double h) {
  std::vector<State> slopes;
  const auto add = [&](State out, const std::vector<double>& weights) {
    for (std::size_t j = 0; j < weights.size(); ++j)
      for (std::size_t i = 0; i < x.size(); ++i) out[i] += h * weights[j] * slopes[j][i];
    return out;
  };
  for (std::size_t i = 0; i < t.b.size(); ++i) {
    State slope(x.size());
    rhs(add(x, t.a[i]), slope, lam + t.c[i] * h);
    slopes.push_back(slope);
  }
  return {add(x, t.b), add(State(x.size()), t.error)};
}

const std::vector<Method> methods = test::methods_that(test::of_runge_kutta);
const Tableau& tableau(Method method) { return *spec_of(method).tableau(); }

}  // namespace

TEST_CASE("there are as many rooted trees as there should be") {
  const auto all = trees(8);
  std::vector<int> count(9);
  for (const Tree& tree : all) ++count[static_cast<std::size_t>(tree.order)];
  CHECK(count == std::vector{0, 1, 1, 2, 4, 9, 20, 48, 115});
}

TEST_CASE("a tableau meets the order conditions of its order and of the embedded one, and not of the next") {
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  const Tableau& t = tableau(method);
  State embedded = t.b;
  for (std::size_t i = 0; i < t.b.size(); ++i) embedded[i] -= t.error[i];
  const auto all = trees(t.order + 1);
  // Sums of a few dozen products of coefficients below 16: rounding is far below 1e-12, and a wrong digit far above.
  for (int order = 1; order <= t.order; ++order) CHECK(defect(t, t.b, all, order) < 1e-12);
  for (int order = 1; order <= t.error_order; ++order) CHECK(defect(t, embedded, all, order) < 1e-12);
  CHECK(defect(t, t.b, all, t.order + 1) > 1e-6);
  CHECK(defect(t, embedded, all, t.error_order + 1) > 1e-6);
}

TEST_CASE("a tableau has a row a stage, whose sum is where the stage lies") {
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  const Tableau& t = tableau(method);
  REQUIRE((t.a.size() == t.b.size() && t.c.size() == t.b.size() && t.error.size() == t.b.size()));
  for (std::size_t i = 0; i < t.a.size(); ++i) {
    REQUIRE(t.a[i].size() == i);
    double sum = 0;
    for (const double entry : t.a[i]) sum += entry;
    CHECK(std::abs(sum - t.c[i]) < 1e-14 * 16);  // rounding of entries below 16
  }
  const std::string summary = spec_of(method).summary;
  CAPTURE(summary);
  CHECK(summary.ends_with("order " + std::to_string(t.order) + "(" + std::to_string(t.error_order) + "), " +
                          std::to_string(t.evaluations()) + " evaluations a step"));
}

TEST_CASE("Dormand-Prince and Bogacki-Shampine end with the slope that the next step begins with") {
  for (const Method method : {Method::dopri5, Method::bogacki_shampine}) CHECK(tableau(method).first_same_as_last());
  for (const Method method : {Method::cash_karp54, Method::fehlberg78})
    CHECK_FALSE(tableau(method).first_same_as_last());
}

TEST_CASE("a step made from the tableau is odeint's") {
  const auto rhs = [](const State& x, State& slope, double lam) {
    slope = {std::cos(lam) * x[1] - x[0], x[0] * x[0] - lam};
  };
  const State x{2, -.3};
  const double lam = -.4, h = .6;
  State end(2), error(2), slope(2), end_slope(2);
  rhs(x, slope, lam);
  const auto check = [&](Method method) {
    CAPTURE(name(method));
    const Step step = step_of(tableau(method), rhs, x, lam, h);
    for (std::size_t i = 0; i < 2; ++i) {
      // The same sums of at most 13 terms: where the compiler fuses products they may differ by their rounding.
      CHECK(step.end[i] == Approx(end[i]).epsilon(13 * std::numeric_limits<double>::epsilon()).margin(0));
      CHECK(std::abs(step.error[i] - error[i]) < 13 * std::numeric_limits<double>::epsilon());
    }
  };
  namespace odeint = boost::numeric::odeint;
  odeint::runge_kutta_dopri5<State>().do_step(rhs, x, slope, lam, end, end_slope, h, error);
  check(Method::dopri5);
  odeint::runge_kutta_cash_karp54<State>().do_step(rhs, x, slope, lam, end, h, error);
  check(Method::cash_karp54);
  odeint::runge_kutta_fehlberg78<State>().do_step(rhs, x, slope, lam, end, h, error);
  check(Method::fehlberg78);
}
