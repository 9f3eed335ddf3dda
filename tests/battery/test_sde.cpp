/// The reverse SDE under the engine: one path for all steps, its law, and what it shares with the ODE.
#include "support/methods.hpp"
#include "support/problems.hpp"

#include <shockstep/calibrate.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace shockstep;

namespace {

/// Two modes of unequal weight and width, in two dimensions.
ModelPtr uneven(double second = .3) {
  return std::make_shared<GaussianMixture>(
      GaussianMixtureOptions{.means = at::tensor({-1., .6, .8, -.5}, at::kDouble).view({2, 2}),
                             .stds = at::tensor({.1, second}, at::kDouble),
                             .weights = at::tensor({.35, .65}, at::kDouble)});
}

SamplerOptions adaptive(double tolerance, Final final = Final::keep) {
  SamplerOptions o;
  o.dynamics = Dynamics::sde;
  o.tolerance = tolerance;
  o.final = final;
  o.max_evaluations = 10000;
  return o;
}

SamplerOptions on_grid(int nodes, Schedule schedule = Schedule::log_sigma) {
  SamplerOptions o = adaptive(1);
  o.steps = FixedSteps{.schedule = schedule, .count = nodes};
  return o;
}

at::Tensor sample(const ModelPtr& model, const SamplerOptions& options, std::int64_t count) {
  return Sampler(model, test::range(), options).sample({.count = count, .seed = 2}).samples;
}

double median_distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).pow(2).sum(1).sqrt().median().item<double>();
}

}  // namespace

TEST_CASE("the strong error of a grid against a fine one on the same paths is of order 1") {
  const int order = GENERATE(2, 3);
  CAPTURE(order);
  const auto at_order = [&](int nodes) {
    SamplerOptions o = on_grid(nodes);
    o.order = order;
    return sample(uneven(), o, 400);
  };
  const at::Tensor fine = at_order(1025);
  const double coarse = median_distance(at_order(33), fine), finer = median_distance(at_order(129), fine);
  // Two halvings. D is rough along the path, so a higher order of the polynomial does not show; what is seen of the
  // next order on the coarse grid is within .35, and the fine solution's own error takes an eighth of finer.
  const double slope = .5 * std::log2(coarse / finer);
  CHECK(slope > .75);
  CHECK(slope < 1.35);
}

TEST_CASE("adaptive steps approach the solution on the same path that a fine grid finds") {
  const at::Tensor fine = sample(uneven(), on_grid(1025), 400);
  const double loose = median_distance(sample(uneven(), adaptive(.04), 400), fine);
  const double tight = median_distance(sample(uneven(), adaptive(.005), 400), fine);
  // Eight times less error in a step of h^3/2 is four times shorter steps: order 1 makes that a quarter; less a half.
  CHECK(tight < .5 * loose);
  CHECK(tight < .01);
}

TEST_CASE("rejected steps do not bias the weights of the modes") {
  const auto first_mode = [](const at::Tensor& x) { return (x.select(1, 0) < x.select(1, 1)).to(at::kDouble); };
  constexpr std::int64_t count = 6000;
  const Sampler sampler(uneven(), test::range(), adaptive(.01));
  const Result r = sampler.sample({.count = count, .seed = 2});
  CHECK(r.statistics.rejected > 2 * count);
  const at::Tensor difference = first_mode(r.samples) - first_mode(sample(uneven(), on_grid(257), count));
  // Pairs on the same path: what is left are the few that end in another mode. Their number is binomial, in either direction
  // alike, so that the mean has this deviation; one in fifty of them would be .0018.
  const double deviation = difference.std().item<double>() / std::sqrt(static_cast<double>(count));
  CHECK(deviation < .0018);
  CHECK(std::abs(difference.mean().item<double>()) < 4 * deviation);
}

TEST_CASE("weights, means and widths of the modes are the exact ones") {
  constexpr std::int64_t count = 20000;
  const auto options = GENERATE(on_grid(70), on_grid(70, Schedule::tapered), adaptive(.012));
  const at::Tensor x = sample(uneven(.15), options, count);
  const double weights[] = {.35, .65}, stds[] = {.1, .15}, means[][2] = {{-1, .6}, {.8, -.5}};
  const at::Tensor first = x.select(1, 0) < x.select(1, 1);  // both modes are six widths or more from the diagonal
  for (int k = 0; k < 2; ++k) {
    CAPTURE(k);
    const at::Tensor part = x.index({k == 0 ? first : first.logical_not()});
    const auto n = static_cast<double>(part.size(0));
    const double variance = stds[k] * stds[k] + .01 * .01;
    // Four standard errors; the widths' also allow for what 70 steps leave, two per mille (docs/sde.md).
    CHECK(std::abs(n / count - weights[k]) < 4 * std::sqrt(weights[0] * weights[1] / count));
    const at::Tensor centred = part - at::tensor({means[k][0], means[k][1]}, at::kDouble);
    CHECK(centred.mean(0).abs().max().item<double>() < 4 * std::sqrt(variance / n));
    const double width = std::sqrt(centred.pow(2).mean().item<double>() / variance);
    CHECK(std::abs(width - 1) < 4 / std::sqrt(4 * n) + .002);
  }
}

TEST_CASE("eta = 0 on a grid is the ODE on that grid") {
  SamplerOptions sde = on_grid(25), ode = on_grid(25);
  sde.eta = 0, sde.order = 3;
  ode.dynamics = Dynamics::ode, ode.order = 3;
  CHECK(at::equal(sample(test::ring(), sde, 100), sample(test::ring(), ode, 100)));
  sde.method = Method::dpmpp_2m_sde, ode.method = Method::dpmpp_2m, sde.order = ode.order = 0;
  CHECK(at::equal(sample(test::ring(), sde, 100), sample(test::ring(), ode, 100)));
  sde.method = Method::ancestral, ode.method = Method::euler;
  // Rounding of states up to 160, which falls with sigma, times e^2 for decisions.
  CHECK((sample(test::ring(), sde, 100) - sample(test::ring(), ode, 100)).abs().max().item<double>() < 1e-12);
}

TEST_CASE("adaptive steps of eta = 0 end where the ODE ends") {
  SamplerOptions still = adaptive(1e-5);
  still.eta = 0;
  const at::Tensor found = sample(test::ring(), still, 50);
  SamplerOptions ode = test::unguarded(1e-9);
  ode.order = 5, ode.max_evaluations = 100000;
  CHECK(median_distance(found, sample(test::ring(), ode, 50)) < 1e-3);
}

TEST_CASE("a budget is never exceeded, and the range never left") {
  double lowest = 1e300, highest = 0;
  const auto model = make_model(
      [&, ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma) {
        lowest = std::min(lowest, sigma.min().item<double>());
        highest = std::max(highest, sigma.max().item<double>());
        return ring->denoise(x, sigma);
      },
      {.shape = {2}, .data_std = .714});
  const int most = GENERATE(2, 3, 7, 12, 25, 1000);
  CAPTURE(most);
  SamplerOptions options = adaptive(.03);
  options.max_evaluations = most;
  const Result r = Sampler(model, test::range(), options).sample({.count = 30});
  for (const auto& report : r.reports) {
    CHECK(report.evaluations <= most);
    CHECK(report.evaluations == 1 + report.accepted + report.rejected);
    if (most == 7 || most == 12)
      CHECK(report.status == Status::budget);  // one or two steps end amid the ring, unnoticed
    if (most == 1000) CHECK(report.status == Status::ok);
    CHECK(std::isnan(report.error_estimate));
  }
  CHECK(lowest == .01);
  CHECK(highest == 80);
}

TEST_CASE("a tolerance finer than the path ends with status budget") {
  SamplerOptions options = adaptive(1e-9);
  const Result r = Sampler(test::ring(), test::range(), options).sample({.count = 3});
  for (const auto& report : r.reports) {
    CHECK(report.status == Status::budget);
    CHECK(report.evaluations < 1200);  // 1024 cells, and the rejections that led to steps of one
  }
}

TEST_CASE("a fitted schedule is that of the ODE, and tapered knows the scale of the data") {
  SamplerOptions options = on_grid(8, Schedule::fitted);
  options.method = Method::dpmpp_2m_sde;
  options.final = Final::denoise;
  SamplerOptions flow = options;
  flow.dynamics = Dynamics::ode, flow.method = Method::dpmpp_2m;
  const Process range = test::range();
  CHECK(Sampler(test::ring(), range, options).sigmas() == calibrate_schedule(*test::ring(), range, flow).sigmas);
  const auto tapered = Sampler(test::ring(), range, on_grid(8, Schedule::tapered)).sigmas();
  CHECK(tapered ==
        grid_sigmas({.schedule = Schedule::tapered, .scales = ModelScales(test::ring()->data_std())}, range, 8));
}

TEST_CASE("settings that do not fit the equation are refused by name") {
  const auto make = [](const SamplerOptions& o) { Sampler(test::ring(), test::range(), o); };
  SamplerOptions o = on_grid(20);
  o.method = Method::dopri5;
  CHECK_THROWS_WITH(make(o), "sampler.method: dopri5 is for dynamics: ode; the reverse SDE has " +
                                 method_list([](Method m) { return solves(m, Dynamics::sde); }));
  o.dynamics = Dynamics::ode, o.method = Method::dpmpp_2m_sde;
  CHECK_THROWS_WITH(make(o), "sampler.method: dpmpp_2m_sde is a method of the reverse SDE; set sampler.dynamics: sde");
  o = adaptive(1);
  o.method = Method::ancestral;
  CHECK_THROWS_WITH(make(o),
                    "sampler.method: ancestral needs a fixed grid; set sampler.steps: {schedule: karras, count: 20} or "
                    "--steps 20");
  o = adaptive(1);
  o.eta = 1.5;
  CHECK_THROWS_WITH(make(o), "sampler.eta: must be from 0 (the ODE) to 1 (the reverse SDE), got 1.5");
  o = adaptive(1);
  o.order = 4;
  CHECK_THROWS_WITH(make(o), "sampler.order: must be 1 to 3, or 0 for auto, got 4");
}
