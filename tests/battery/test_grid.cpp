/// Fixed grids under the engine: what holds for adaptive steps and does not depend on them.
#include "support/methods.hpp"
#include "support/problems.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

using namespace shockstep;

namespace {

const std::vector<Method> of_ode = test::methods_that(test::of_ode);
const std::vector<Method> methods = test::methods_that([](const MethodSpec&) { return true; });

SamplerOptions on_grid(Method method, int count, Final final = Final::denoise) {
  SamplerOptions options;
  options.method = method;
  if (!solves(method, Dynamics::ode)) options.dynamics = Dynamics::sde;
  options.final = final;
  options.steps = FixedSteps{.schedule = Schedule::log_sigma, .count = count};
  options.max_evaluations = 10000;
  return options;
}

/// What a run of `count` steps costs: schedule.hpp.
int evaluations_of(Method method, int count, Final final) {
  const bool denoise = final == Final::denoise;
  const int each = spec_of(method).evaluations();  // of a step
  return each == 1 ? count : denoise ? each * (count - 1) + 1 : each * count;
}

}  // namespace

TEST_CASE("Batch size and threads change no bit on a grid") {
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  const Sampler sampler(test::ring(), test::range(), on_grid(method, 9));
  const Result one = sampler.sample({.count = 200, .seed = 3, .batch = 256, .threads = 1});
  for (const auto& [batch, threads] : {std::tuple(1, 1), std::tuple(7, 2), std::tuple(64, 2)}) {
    CAPTURE(batch, threads);
    const Result other = sampler.sample({.count = 200, .seed = 3, .batch = batch, .threads = threads});
    CHECK(at::equal(one.samples, other.samples));
    for (std::size_t i = 0; i < one.reports.size(); ++i) CHECK(test::same_reports(one.reports[i], other.reports[i]));
  }
  const Result alone = sampler.sample({.count = 1, .first = 197, .seed = 3});
  CHECK(at::equal(alone.samples[0], one.samples[197]));
}

TEST_CASE("A count is the number of evaluations, all of them in the range, whose ends are met") {
  const Method method = GENERATE(from_range(methods));
  const Final final = GENERATE(Final::denoise, Final::keep);
  const int count = GENERATE(2, 3, 10);
  CAPTURE(name(method), final == Final::keep, count);
  std::int64_t rows = 0;
  double lowest = 1e300, highest = 0;
  const auto model = make_model(
      [&, ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma) {
        rows += x.size(0);
        lowest = std::min(lowest, sigma.min().item<double>());
        highest = std::max(highest, sigma.max().item<double>());
        return ring->denoise(x, sigma);
      },
      {.shape = {2}, .data_std = .714});
  const VarianceExploding range{.sigma_min = .0123456789, .sigma_max = 77.7};
  const SamplerOptions options = on_grid(method, count, final);
  const Result r = Sampler(model, range, options).sample({.count = 8, .batch = 4});
  CHECK(rows == r.statistics.evaluations);
  CHECK(highest == 77.7);
  if (final == Final::denoise) CHECK(lowest == .0123456789);
  CHECK(lowest >= .0123456789);
  for (const auto& report : r.reports) {
    CHECK(report.evaluations == evaluations_of(method, count, final));
    CHECK(report.status == Status::ok);
    CHECK(std::isnan(report.error_estimate));
    CHECK(report.rejected == 0);
    CHECK(report.events.empty());
  }
}

TEST_CASE("denoise returns D at the last node of the states that keep returns") {
  // Of methods that do not correct, whose D is at the predicted point, and lower no order for the step to sigma 0.
  const Method method = GENERATE(from_range(test::methods_that([](const MethodSpec& spec) {
    return !(spec.linear() && spec.linear()->corrects) && spec.last_orders == LastOrders::full;
  })));
  CAPTURE(name(method));
  const auto ring = test::ring();
  // The same nodes: a list, which means the same with either end.
  SamplerOptions options = on_grid(method, 2);
  options.steps->sigmas = {80, 20, 4, 1, .4, .2, .05, .01};
  const at::Tensor denoised = Sampler(ring, test::range(), options).sample({.count = 64}).samples;
  options.final = Final::keep;
  const at::Tensor kept = Sampler(ring, test::range(), options).sample({.count = 64}).samples;
  CHECK(at::equal(denoised, ring->denoise(kept, at::full({64}, .01, at::kDouble))));
}

TEST_CASE("All methods of the ODE approach the solution that adaptive steps find") {
  const Method method = GENERATE(from_range(of_ode));
  CAPTURE(name(method));
  SamplerOptions fine = test::unguarded(1e-9);
  fine.order = 5;
  fine.max_evaluations = 100000;
  const at::Tensor exact = Sampler(test::ring(), test::range(), fine).sample({.count = 100}).samples;
  const auto error = [&](int count) {
    const at::Tensor found =
        Sampler(test::ring(), test::range(), on_grid(method, count, Final::keep)).sample({.count = 100}).samples;
    return (found - exact).pow(2).mean(1).sqrt().median().item<double>();
  };
  // First order at the least: ten times the steps, a tenth of the error; a factor of 2 for the coarse grid, which is not
  // in that regime yet.
  const double coarse = error(20), finer = error(200);
  CHECK(finer < .2 * coarse);
  CHECK(finer < .05);
}

TEST_CASE("A node beside another one is refused, or does little harm") {
  // Where states are corrected, the next step magnifies the shift of the corrector by what it is over this one, which is bounded. Adams'
  // weights suppose steps of one length (ipndm), which two steps in one are not.
  const Method method = GENERATE(from_range(of_ode));
  const double apart = GENERATE(.1, .06, .01, 1e-4, 1e-9);
  CAPTURE(name(method), apart);
  SamplerOptions options = on_grid(method, 13);
  const SampleRequest request{.count = 200, .seed = 3};
  const auto exact = Sampler(test::ring(), test::range(), test::unguarded(1e-8)).sample(request).samples;
  const auto error = [&](const std::vector<double>& sigmas) {
    options.steps->sigmas = sigmas;
    const auto drawn = Sampler(test::ring(), test::range(), options).sample(request).samples;
    return (drawn - exact).pow(2).mean().sqrt().item().toDouble();
  };
  const double without = error({80, 40, 20, 10, 5, 2, 1, .5, .2, .1, .05, .02, .01});
  const std::vector<double> beside{80, 40, 20, 10, 5, 2, 1, .5, .5 * (1 - apart), .2, .1, .05, .02, .01};
  if (spec_of(method).linear() && spec_of(method).linear()->corrects && apart < .05)
    CHECK_THROWS_AS(error(beside), ConfigError);
  else
    CHECK(error(beside) < 4 * without);
}

TEST_CASE("A value that is not finite ends its trajectory and harms no other") {
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  const auto model = make_model(
      [ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma) {
        at::Tensor D = ring->denoise(x, sigma);
        D.index_put_({(x.select(1, 0) > .3).logical_and(sigma < 1)},
                     at::scalar_tensor(std::numeric_limits<double>::quiet_NaN(), at::kDouble));
        return D;
      },
      {.shape = {2}, .data_std = .714});
  const Result harmed = Sampler(model, test::range(), on_grid(method, 10)).sample({.count = 60, .batch = 16});
  const Result sound = Sampler(test::ring(), test::range(), on_grid(method, 10)).sample({.count = 60, .batch = 16});
  int bad = 0;
  for (std::int64_t i = 0; i < 60; ++i) {
    const bool lost = harmed.reports[static_cast<std::size_t>(i)].status == Status::non_finite;
    bad += lost;
    CHECK(harmed.samples[i].isnan().all().item<bool>() == lost);
    // An exact model is evaluated in blocks, a callable as it comes: the last bits may differ.
    if (!lost) CHECK((harmed.samples[i] - sound.samples[i]).abs().max().item<double>() < 1e-10);
  }
  CHECK(bad > 10);
  CHECK(bad < 50);
}

TEST_CASE("An observer sees every step of a grid") {
  class Steps final : public Observer {
   public:
    bool wants_steps(std::int64_t) const override { return true; }
    void step(const StepRecord& r) override { steps.push_back(r); }
    std::vector<StepRecord> steps;
  } seen;
  const Sampler sampler(test::ring(), test::range(), on_grid(Method::heun, 6));
  sampler.sample({.count = 1, .observer = &seen});
  const auto sigmas = sampler.sigmas();
  REQUIRE(seen.steps.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(std::exp(-seen.steps[i].lam) == Approx(sigmas[i]).epsilon(1e-13));
    CHECK(std::exp(-seen.steps[i].lam - seen.steps[i].h) == Approx(sigmas[i + 1]).epsilon(1e-13));
    CHECK(std::isnan(seen.steps[i].error));
  }
}

TEST_CASE("A grid shorter than the order says so") {
  SamplerOptions options = on_grid(Method::lms, 3, Final::keep);
  const Sampler sampler(test::ring(), test::range(), options);
  REQUIRE(sampler.notes().size() == 1);
  CHECK(sampler.notes()[0] == "sampler.steps: the grid is too short for order 4 of lms; order 3 was used at most");
  options.steps->count = 4;
  CHECK(Sampler(test::ring(), test::range(), options).notes().empty());
  CHECK(Sampler(test::ring(), test::range(), on_grid(Method::heun, 2)).notes().empty());
}

TEST_CASE("Settings that do not fit a grid are refused by name") {
  const auto make = [](SamplerOptions o) { Sampler(test::ring(), test::range(), o); };
  SamplerOptions adaptive;
  adaptive.method = Method::heun;
  CHECK_THROWS_WITH(make(adaptive),
                    "sampler.method: heun needs a fixed grid; set sampler.steps: {schedule: karras, count: "
                    "20} or --steps 20");
  SamplerOptions short_of = on_grid(Method::heun, 20);
  short_of.max_evaluations = 30;
  CHECK_THROWS_WITH(make(short_of),
                    "sampler.max_evaluations: must be at least 39, what heun takes on this grid, got 30");
  CHECK_THROWS_WITH(make(on_grid(Method::euler, 1)), "sampler.steps.count: must be from 2 to 1000000, got 1");
  SamplerOptions order = on_grid(Method::unipc, 5);
  order.order = 4;
  CHECK_THROWS_WITH(make(order), "sampler.order: must be 1 to 3, or 0 for auto, got 4");
  order = on_grid(Method::heun, 5);
  order.order = 2;
  CHECK_THROWS_WITH(make(order), "sampler.order: must be 0: heun has one order only");
  SamplerOptions zero = on_grid(Method::euler, 5, Final::keep);
  zero.steps->sigmas = {80, 1, 0};
  CHECK_THROWS_WITH(make(zero), Catch::Contains("sampler.steps.sigmas: ends with 0"));
}

TEST_CASE("A method of one's own is the one whose weights it returns") {
  const auto draw = [](const SamplerOptions& options) {
    return Sampler(test::ring(), test::range(), options).sample({.count = 50, .seed = 4}).samples;
  };
  SamplerOptions own = on_grid(Method::own, 12);
  own.own = {.step = [](std::span<const double> sigmas, double end) { return dpmpp_step(sigmas, end); }, .order = 2};
  CHECK(at::equal(draw(own), draw(on_grid(Method::dpmpp_2m, 12))));

  own.own.step = [](std::span<const double> sigmas, double end) {
    return adams_step(sigmas, end, PolynomialIn::sigma);
  };
  own.own.order = 4, own.own.noise = true;
  CHECK(at::equal(draw(own), draw(on_grid(Method::lms, 12))));
}

TEST_CASE("A method of one's own that is none is refused") {
  const auto message = [](const LinearMethod& method, bool grid = true) {
    SamplerOptions options = on_grid(Method::own, 8);
    options.own = method;
    if (!grid) options.steps.reset();
    try {
      Sampler(test::ring(), test::range(), options);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const auto none = [](std::span<const double>, double) { return LinearStep{}; };
  const auto three = [](std::span<const double>, double) { return LinearStep{.values = 3}; };
  CHECK(message({}).starts_with("sampler.own.step: is missing"));
  CHECK(message({.step = none, .order = 7}) == "sampler.own.order: must be 1 to 6, got 7");
  CHECK(message({.step = none}).starts_with("sampler.own.step: must return 1 to 1 values"));
  CHECK(message({.step = three, .order = 3}).ends_with("got 3"));  // in the first step, which is given one sigma
  CHECK(message({.step = three}, false).starts_with("sampler.method: own needs a fixed grid"));
}
