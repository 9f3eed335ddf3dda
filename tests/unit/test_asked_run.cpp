/// A run that asks for D draws what a run that calls its model draws.
#include "support/problems.hpp"

#include <shockstep/asked_run.hpp>

#include <ATen/ops/zeros.h>

#include <cmath>

using namespace shockstep;

namespace {

/// A model for which nobody asks, of the ring's size.
ModelPtr absent(double data_std = .714) {
  return make_model([](const at::Tensor&, const at::Tensor&) -> at::Tensor { throw ModelError("was called"); },
                    {.shape = {2}, .data_std = data_std});
}

/// Answers one row at a time, so that none can depend on another.
Result answered(const SamplerOptions& options, const SampleRequest& request) {
  const auto ring = test::ring();
  const ModelPtr model = absent();
  const Sampler sampler(model, test::range(), options, unmeasured(*model, test::range(), options));
  AskedRun run(sampler, request);
  for (std::int64_t i = run.count() - 1; i >= 0; --i)
    while (run.waits(i)) {
      at::Tensor x = at::empty({1, 2}, at::kDouble);
      std::ranges::copy(run.point(i), x.mutable_data_ptr<double>());
      const at::Tensor D = ring->denoise(x, at::full({1}, run.sigma(i), at::kDouble));
      run.answer(i, {D.const_data_ptr<double>(), 2});
    }
  CHECK(run.done());
  return run.result();
}

SamplerOptions grid(Method method, Dynamics dynamics = Dynamics::ode) {
  SamplerOptions options;
  options.method = method;
  options.dynamics = dynamics;
  options.steps = FixedSteps{.schedule = Schedule::karras, .count = 12};
  return options;
}

SamplerOptions adaptive(const char* profile) {
  SamplerOptions options;
  options.guard.profile = profile;
  options.guard.events = false;
  return options;
}

}  // namespace

TEST_CASE("What is answered is what a model would have said") {
  const auto options = GENERATE(adaptive("default"), grid(Method::dpmpp_2m), grid(Method::heun), grid(Method::unipc),
                                grid(Method::multistep, Dynamics::sde));
  SampleRequest request{.count = 5, .first = 3, .seed = 1};
  if (GENERATE(false, true)) request.init = at::zeros({1, 2}, at::kDouble), request.strength = .5;
  const auto model = make_model(
      [ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma) { return ring->denoise(x, sigma); },
      {.shape = {2}, .data_std = .714});
  const Result expected = Sampler(model, test::range(), options).sample(request);
  const Result result = answered(options, request);
  CHECK(result.samples.equal(expected.samples));
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(result.reports[i].trajectory == expected.reports[i].trajectory);
    CHECK(result.reports[i].evaluations == expected.reports[i].evaluations);
    CHECK(result.reports[i].status == expected.reports[i].status);
  }
  CHECK(result.statistics.evaluations == expected.statistics.evaluations);
}

TEST_CASE("The plan without a measurement keeps its tolerance on an easy model") {
  const Result coarse = answered(adaptive("plan"), {.count = 200});
  SamplerOptions fine = adaptive("default");
  fine.tolerance = 1e-7;
  const Result exact = answered(fine, {.count = 200});
  int within = 0;
  for (std::int64_t i = 0; i < 200; ++i)
    within += (coarse.samples[i] - exact.samples[i]).square().mean().sqrt().item<double>() <= 1e-2;
  CHECK(within >= 190);  // 97 % are meant to; 95 % and chance are asked
  CHECK(coarse.statistics.evaluations < 30 * 200);
}

TEST_CASE("A run that is left is interrupted, and says how far it came") {
  const ModelPtr model = absent();
  const SamplerOptions options = adaptive("plan");
  const Sampler sampler(model, test::range(), options, unmeasured(*model, test::range(), options));
  AskedRun run(sampler, {.count = 2});
  CHECK(run.sigma(0) == test::range().sigma_max);
  const std::vector<double> D(2);
  run.answer(0, D);
  CHECK(run.sigma(0) < run.sigma(1));
  const Result result = run.result();
  CHECK(result.reports[0].status == Status::interrupted);
  CHECK(result.reports[0].evaluations == 1);
  CHECK(result.statistics.with(Status::interrupted) == 2);
  CHECK(std::isnan(result.samples[0][0].item<double>()));
}

TEST_CASE("What needs the model is refused where it is not at hand") {
  const auto refused = [](const SamplerOptions& options, const char* key, double data_std = 1) {
    CHECK_THROWS_WITH(unmeasured(*absent(data_std), test::range(), options), Catch::Matchers::StartsWith(key));
  };
  refused(adaptive("plan"), "model.data_std", 0);
  refused(adaptive("pilot"), "sampler.guard.profile");
  SamplerOptions fitted;
  fitted.steps = FixedSteps{.schedule = Schedule::fitted, .count = 8};
  refused(fitted, "sampler.steps");
  const ModelPtr model = absent();
  const Sampler sampler(model, test::range(), adaptive("plan"), unmeasured(*model, test::range(), adaptive("plan")));
  CHECK_THROWS_AS(AskedRun(sampler, {.count = 1, .mask = at::zeros({2}, at::kDouble)}), ConfigError);
}
