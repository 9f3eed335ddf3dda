// The reverse SDE where its law is known: one data point, and one Gaussian from a fixed start. Steps are linear there, so the mean
// and the variance of what a method makes follow from its weights, without sampling.
#include "support/driven.hpp"
#include "support/gaussian.hpp"
#include "support/methods.hpp"
#include "support/test.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <vector>

using namespace shockstep;

namespace {

const std::vector<Method> methods = test::methods_that(test::of_sde);

GridPlan plan_of(Method method, double eta, std::vector<double> sigmas, int order = 0) {
  SamplerOptions options{.dynamics = Dynamics::sde, .eta = eta, .method = method, .order = order, .final = Final::keep};
  options.max_evaluations = 100000;
  const double low = sigmas.back(), high = sigmas.front();
  options.steps = FixedSteps{.sigmas = std::move(sigmas)};
  return make_grid_plan(VarianceExploding{.sigma_min = low, .sigma_max = high}, options);
}

/// The end from `start`, with `noise(n)` in the n-th step.
double end_of(const GridPlan& plan, double start, const std::function<double(double, double)>& D,
              const std::function<double(std::size_t)>& noise) {
  return test::end_on_grid(plan, start, D, noise);
}

struct Law {
  double mean, variance;
};

/// For a D that is linear in x: the end's mean, and the sum of squares of what a unit of each step's noise becomes.
Law law_of(const GridPlan& plan, double start, const std::function<double(double, double)>& D) {
  Law law{end_of(plan, start, D, [](std::size_t) { return 0.; }), 0};
  for (std::size_t n = 0; n < plan.spread.size(); ++n) {
    const double moved = end_of(plan, start, D, [&](std::size_t m) { return m == n ? plan.spread[n] : 0.; });
    law.variance += (moved - law.mean) * (moved - law.mean);
  }
  return law;
}

std::vector<double> log_uniform(double high, double low, int steps) {
  std::vector<double> sigmas;
  for (int i = 0; i <= steps; ++i) sigmas.push_back(high * std::pow(low / high, static_cast<double>(i) / steps));
  sigmas.back() = low;
  return sigmas;
}

}  // namespace

TEST_CASE("for one data point every step at eta = 1 is the posterior of the noising process") {
  const double y = .4, x0 = 2.5, high = 3, low = .7;
  // Ho et al. 2020 (arXiv 2006.11239), eq. 6 and 7, of a variance preserving process with alpha-bar = 1/(1 + sigma^2), in
  // which the state is x sqrt(alpha-bar).
  const double bar0 = 1 / (1 + high * high), bar1 = 1 / (1 + low * low), alpha = bar0 / bar1, beta = 1 - alpha;
  const double mean = (std::sqrt(bar1) * beta * y + std::sqrt(alpha) * (1 - bar1) * std::sqrt(bar0) * x0) / (1 - bar0);
  const double variance = (1 - bar1) / (1 - bar0) * beta;
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  const auto D = [y](double, double) { return y; };
  for (const int steps : {1, 2, 7}) {  // in law steps can be split
    const Law law = law_of(plan_of(method, 1, log_uniform(high, low, steps)), x0, D);
    CHECK(law.mean == Approx(mean / std::sqrt(bar1)).epsilon(1e-13));
    CHECK(law.variance == Approx(variance / bar1).epsilon(1e-13));
  }
}

TEST_CASE("for one data point the steps of any eta keep the marginal distribution") {
  const double high = 3, low = .7, eta = GENERATE(0., .3, 1.);
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method), eta);
  // From x = y + sigma n the end is y + e^(-a h) sigma n and noise: its variance is the smaller sigma squared.
  const auto zero = [](double, double) { return 0.; };
  const Law law = law_of(plan_of(method, eta, log_uniform(high, low, 3)), 1, zero);
  CHECK(law.mean * law.mean * high * high + law.variance == Approx(low * low).epsilon(1e-13));
}

TEST_CASE("one Gaussian from a fixed start: mean and variance approach the exact ones with order 2, ancestral with 1") {
  // D = x s^2/V, V = s^2 + sigma^2: dx = -(1 + eta) sigma^2/V x dlam + sqrt(2 eta) sigma dW with dV = -2 sigma^2 dlam has
  //   mean x0 (V1/V0)^((1 + eta)/2),  variance V1 (1 - (V1/V0)^eta).
  // At eta = 1 ancestral solves this SDE. Its DDIM eta is another between 0 and 1.
  const double high = 2, low = .1, start = 1.7;
  const test::Gaussian g{.s = .5};
  const double V0 = g.s * g.s + high * high, V1 = g.s * g.s + low * low;
  const Method method = GENERATE(from_range(methods));
  const double eta = method == Method::ancestral ? 1. : GENERATE(.4, 1.);
  const int order = orders(method, Dynamics::sde).most > 0 ? GENERATE(2, 3) : 0;
  CAPTURE(name(method), eta, order);
  const double mean = start * std::pow(V1 / V0, .5 * (1 + eta)), variance = V1 * (1 - std::pow(V1 / V0, eta));
  const auto errors = [&](int steps) {
    const Law law = law_of(plan_of(method, eta, log_uniform(high, low, steps), order), start,
                           [&](double x, double sigma) { return g.D(x, -std::log(sigma)); });
    return std::array{std::abs(law.mean - mean), std::abs(law.variance - variance)};
  };
  const auto coarse = errors(64), fine = errors(128);
  const bool first = order == 0 && orders(method).usual == 1;
  const double least = first ? .85 : 1.7;  // the order, less what the next term of the error takes
  // At eta = 1 the mean goes like V, so that D does not change along it and every step is exact.
  if (eta == 1) CHECK(fine[0] < 1e-13);
  for (std::size_t i = eta == 1 ? 1 : 0; i < 2; ++i) {
    CAPTURE(i, coarse[i], fine[i]);
    CHECK(std::log2(coarse[i] / fine[i]) > least);
    CHECK(fine[i] < (first ? 2e-2 : 1e-3));
  }
}

TEST_CASE("eta = 0 is the ODE, step by step") {
  const test::Gaussian g{.s = .5};
  const auto D = [&](double x, double sigma) { return g.D(x, -std::log(sigma)); };
  const auto none = [](std::size_t) { return 0.; };
  const auto sigmas = log_uniform(2, .1, 25);
  const Method method = GENERATE(from_range(methods));
  if (method == Method::dpmpp_3m_sde) return;  // its second step is another than that of dpmpp_3m, as in k-diffusion
  CAPTURE(name(method));
  GridPlan sde = plan_of(method, 0, sigmas, orders(method).most > 0 ? 3 : 0);
  CHECK(sde.spread.empty());
  const Method flow = solves(method, Dynamics::ode) ? method : method_named(spec_of(method).flow).value();
  SamplerOptions options{.method = flow, .final = Final::keep};
  options.steps = FixedSteps{.sigmas = sigmas};
  const GridPlan ode = make_grid_plan(VarianceExploding{.sigma_min = .1, .sigma_max = 2}, options);
  CHECK(end_of(sde, 1.7, D, none) == Approx(end_of(ode, 1.7, D, none)).epsilon(1e-13));
}

TEST_CASE("the multistep's usual order on the SDE depends on the length of the grid") {
  CHECK(plan_of(Method::multistep, 1, log_uniform(80, .01, 18)).order == 2);
  CHECK(plan_of(Method::multistep, 1, log_uniform(80, .01, 19)).order == 3);
  CHECK(plan_of(Method::multistep, 0, log_uniform(80, .01, 8), 3).order == 3);
}
