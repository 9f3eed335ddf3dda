/// Comparisons: what an error is, against exact flows, and what does not depend on the order of methods.
#include "support/reference.hpp"

#include "engine/terminal_error.hpp"

#include <shockstep/shockstep.hpp>

#include <cmath>

using namespace shockstep;

namespace {

constexpr VarianceExploding range{.sigma_min = .002, .sigma_max = 80};

ModelPtr mixture(const char* name) {
  return std::make_shared<GaussianMixture>(test::mixture(test::reference("mixtures")[name]));
}

ComparedMethod multistep(const std::string& name, double tolerance, Final final = Final::denoise) {
  ComparedMethod m{.name = name};
  m.options.tolerance = tolerance, m.options.order = 5, m.options.final = final;
  m.options.guard.enabled = false, m.options.max_evaluations = 100000;
  return m;
}

ComparedMethod grid(const std::string& name, Method method, int count) {
  ComparedMethod m{.name = name};
  m.options.method = method;
  m.options.steps = FixedSteps{.count = count};
  return m;
}

std::string error(const ModelPtr& model, const std::vector<ComparedMethod>& methods,
                  const ComparisonReference& reference = {}) {
  try {
    Comparison(model, range, methods, {}, reference);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

at::Tensor rows(const std::vector<double>& values, std::int64_t d) {
  return at::tensor(values, at::kDouble).view({-1, d});
}

}  // namespace

TEST_CASE("errors are root mean squares; a wrong mode is another component, farther than half way") {
  const GaussianMixture two({.means = rows({-1, 0, 1, 0}, 2), .stds = at::full({1}, .1, at::kDouble)});
  const double nan = std::nan("");
  // Right; across, but near; across and far; without a sample; without a reference.
  const at::Tensor samples = rows({-1, .3, .1, 0, 1, 0, nan, 0, 1, 0}, 2);
  const at::Tensor reference = rows({-1, 0, -.1, 0, -1, 0, 1, 0, nan, nan}, 2);
  const ErrorStatistics found = terminal_error(samples, reference, two, .002);
  CHECK(found.left_out == 2);
  CHECK(found.wrong_mode == 1. / 3);
  CHECK(found.rms == Approx(std::sqrt((.3 * .3 + .2 * .2 + 2 * 2) / 2 / 3)));
  CHECK(found.median == Approx(.3 / std::sqrt(2)));
  CHECK(found.max == Approx(std::sqrt(2)));
  CHECK(found.p99 == Approx(.02 * .3 / std::sqrt(2) + .98 * std::sqrt(2)));  // linear between the two largest

  const auto same = [](const at::Tensor& x, const at::Tensor&) { return x; };
  CHECK(std::isnan(terminal_error(samples, reference, *make_model(same, {.shape = {2}}), .002).wrong_mode));
}

TEST_CASE("the exact reference is where the flow ends, denoised or not") {
  const char* name = GENERATE("symmetric_1d", "asymmetric_1d", "three_1d");
  const Final final = GENERATE(Final::denoise, Final::keep);
  CAPTURE(name, final == Final::keep);
  const auto result =
      Comparison(mixture(name), range, {multistep("coarse", 1e-5, final), multistep("fine", 1e-9, final)},
                 {.count = 200, .seed = 3}, {.exact = true})
          .run();
  REQUIRE(result.complete);
  REQUIRE(result.rows.size() == 2);
  // test_flow_map: the median error of this method is below its tolerance and in proportion to it; D contracts.
  CHECK(result.rows[0].error.median < 1e-5);
  CHECK(result.rows[1].error.median < 1e-9);
  CHECK(result.rows[1].error.median < result.rows[0].error.median / 900);
  CHECK(result.reference_evaluations_mean == 0);
}

TEST_CASE("starting latents and first trajectories are those of the samplers") {
  const at::Tensor noise = rows({.5, -.25, 1.5}, 1);
  for (const SampleRequest& request :
       {SampleRequest{.count = 3, .noise = noise}, SampleRequest{.count = 3, .first = 977}}) {
    const auto result =
        Comparison(mixture("asymmetric_1d"), range, {multistep("a", 1e-9)}, request, {.exact = true}).run();
    CHECK(result.rows.at(0).error.median < 1e-9);
  }
}

TEST_CASE("rows depend on their method alone") {
  const ModelPtr model = mixture("symmetric_1d");
  const SampleRequest request{.count = 100, .seed = 5};
  const auto all = Comparison(model, range,
                              {grid("heun", Method::heun, 12), multistep("a", 1e-2), multistep("b", 1e-2),
                               grid("fine", Method::heun, 48)},
                              request)
                       .run();
  REQUIRE(all.rows.size() == 4);
  CHECK(all.reference.tolerance == 1e-9);
  CHECK(all.rows[1].error.rms == all.rows[2].error.rms);
  CHECK(all.rows[1].error.p99 == all.rows[2].error.p99);
  CHECK(all.rows[0].nodes == 12);
  CHECK(all.rows[0].evaluations_mean == 23);  // 2N - 1, docs/methods.md
  // Order 2: four times the steps, a sixteenth of the error but for higher terms, between a quarter and a sixty-fourth.
  CHECK(all.rows[3].error.median < all.rows[0].error.median / 4);
  CHECK(all.rows[3].error.median > all.rows[0].error.median / 64);
  const auto alone = Comparison(model, range, {multistep("b", 1e-2)}, request).run();
  CHECK(alone.rows.at(0).error.rms == all.rows[1].error.rms);
}

TEST_CASE("the evaluations of a fit are told beside those of its trajectories") {
  ComparedMethod fitted = grid("fitted", Method::dpmpp_2m, 6);
  fitted.options.steps->schedule = Schedule::fitted;
  const auto row = Comparison(mixture("symmetric_1d"), range, {fitted}, {.count = 10}).run().rows.at(0);
  CHECK(row.evaluations_max == 6);
  CHECK((row.pilot_evaluations > 1000 && row.pilot_evaluations <= fit_evaluations));
}

TEST_CASE("progress covers all runs, and a cancelled comparison keeps its rows") {
  struct Watcher final : Observer {
    double last = 0;
    bool stop = false;
    void progress(double share) override {
      CHECK(share >= last - 1e-12);
      last = share;
    }
    bool cancelled() const override { return stop; }
  } watcher;
  const Comparison comparison(mixture("symmetric_1d"), range, {multistep("a", 1e-2), multistep("b", 1e-3)},
                              {.count = 50, .threads = 1, .observer = &watcher});
  CHECK(comparison.run().complete);
  CHECK(watcher.last == Approx(1));
  watcher.last = 0;
  const auto result = comparison.run([&](const ComparisonRow&) { watcher.stop = true; });
  CHECK_FALSE(result.complete);
  REQUIRE(result.rows.size() == 1);
  CHECK(result.rows[0].method.name == "a");
}

TEST_CASE("what cannot be compared is an error that names it") {
  const ModelPtr line = mixture("symmetric_1d");
  CHECK(error(line, {}) == "methods: must not be empty");
  CHECK(error(line, {multistep("a", 1e-2), multistep("b", 1e-2, Final::keep)}) ==
        "methods.b: final must be the same for all methods, and is not that of a; set final: denoise or keep under "
        "sampler");
  ComparedMethod heun{.name = "h"};
  heun.options.method = Method::heun;
  CHECK(error(line, {heun}).starts_with("methods.h: sampler.method: heun needs a fixed grid"));
  const auto plane = std::make_shared<GaussianMixture>(
      GaussianMixtureOptions{.means = rows({0, 0}, 2), .stds = at::full({1}, 1., at::kDouble)});
  CHECK(error(plane, {multistep("a", 1e-2)}, {.exact = true}) ==
        "reference: exact is for models whose flow is known, as of Gaussian mixtures in one dimension, and the model "
        "is " +
            plane->describe() + "; leave it out, or give a tolerance such as 1e-9");
}

TEST_CASE("the reverse SDE ends elsewhere than the ODE, and its row has no error") {
  ComparedMethod sde = grid("sde", Method::ancestral, 12);
  sde.options.dynamics = Dynamics::sde;
  const auto rows =
      Comparison(mixture("symmetric_1d"), range, {sde, grid("euler", Method::euler, 12)}, {.count = 8}).run().rows;
  CHECK(std::isnan(rows[0].error.rms));
  CHECK(std::isnan(rows[0].error.wrong_mode));
  CHECK(rows[0].error.left_out == 0);
  CHECK(rows[0].evaluations_mean == 12);
  CHECK(std::isfinite(rows[1].error.rms));
}
