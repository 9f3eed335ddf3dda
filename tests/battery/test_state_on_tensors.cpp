/// The vectors of a batch on tensors give what they give in the host's memory: every kind of trajectory, every method.
#include "support/problems.hpp"

#include "engine/engine.hpp"
#include "engine/pilot.hpp"
#include "engine/planned_profile.hpp"
#include "engine/tensor_block.hpp"

#include <shockstep/random.hpp>
#include <shockstep/registry.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

using namespace shockstep;

namespace {

constexpr std::int64_t count = 40;

struct Ends {
  std::vector<std::vector<double>> samples = std::vector<std::vector<double>>(count);
  std::vector<TrajectoryReport> reports = std::vector<TrajectoryReport>(count);
};

Ends run(const Plan& plan, std::optional<c10::TensorOptions> tensors, int batch = 16) {
  Ends ends;
  const auto model = test::ring();
  run_engine({.model = *model,
              .plan = plan,
              .count = count,
              .batch = batch,
              .threads = 1,
              .finished =
                  [&](const Trajectory& t) {
                    const auto i = static_cast<std::size_t>(t.report().trajectory);
                    ends.samples[i].assign(t.sample().begin(), t.sample().end());
                    ends.reports[i] = t.report();
                  },
              .tensors = tensors});
  return ends;
}

/// Sums over coordinates are taken in another order: rounding of 1e-16, which steps and decisions amplify by less than 1e4
/// (exponents of the ring are below 9); the same steps are taken.
void compare(const Plan& plan) {
  const Ends here = run(plan, {}), there = run(plan, at::kDouble);
  for (std::size_t i = 0; i < count; ++i) {
    CAPTURE(i);
    CHECK(there.reports[i].status == here.reports[i].status);
    CHECK(there.reports[i].evaluations == here.reports[i].evaluations);
    CHECK(there.reports[i].events.size() == here.reports[i].events.size());
    CHECK(there.reports[i].score == Approx(here.reports[i].score).epsilon(1e-9));
    for (std::size_t j = 0; j < here.samples[i].size(); ++j)
      CHECK(there.samples[i][j] == Approx(here.samples[i][j]).margin(1e-11));
  }
  // The model is exact, so that no bit depends on the rows beside one; neither does one of the steps.
  const Ends few = run(plan, at::kDouble, 3);
  CHECK(few.samples == there.samples);
}

Plan plan_with(const SamplerOptions& options) {
  Plan plan(test::range(), options);
  plan.latents = [](std::int64_t i, std::span<double> out) {
    fill_normal(out, 5, Stream::start, static_cast<std::uint64_t>(i));
  };
  return plan;
}

}  // namespace

TEST_CASE("Adaptive steps with guard and events") {
  const Method method = GENERATE(Method::multistep, Method::dopri5);
  CAPTURE(name(method));
  const SamplerOptions options{.method = method, .tolerance = 3e-2};
  Plan plan = plan_with(options);
  plan.way = AdaptivePlan{.guard = run_pilot(*test::ring(), test::range(), options), .events = true};
  compare(plan);
}

TEST_CASE("The plan, with steps of F") {
  Plan plan = plan_with({});
  const GuardProfile profile = planned_profile(measure_scales(*test::ring(), test::range()), test::range(), {});
  REQUIRE(profile.scale > 0);
  plan.way = AdaptivePlan{.guard = profile, .events = true};
  compare(plan);
}

TEST_CASE("Every method on a grid") {
  for (const auto& kind : method_kinds()) {
    CAPTURE(kind.name);
    SamplerOptions options{.method = method_named(kind.name).value()};
    if (!solves(options.method, Dynamics::ode)) options.dynamics = Dynamics::sde;
    options.steps = FixedSteps{.schedule = GENERATE(Schedule::log_sigma, Schedule::plan), .count = 12};
    options.steps->scales.data_std = test::ring()->data_std();
    Plan plan = plan_with(options);
    plan.way = GridRun{.grid = std::make_shared<const GridPlan>(make_grid_plan(test::range(), options)), .seed = 3};
    compare(plan);
  }
}

TEST_CASE("The reverse SDE with steps of its own") {
  Plan plan = plan_with({.dynamics = Dynamics::sde});
  plan.way = SdePlan{.seed = 3, .steps = {.step_tolerance = .1, .data_std = test::ring()->data_std()}};
  compare(plan);
}

TEST_CASE("The way up, with its divergence") {
  const bool coordinates = GENERATE(true, false);
  const SamplerOptions options{.tolerance = 1e-2};
  Plan plan = plan_with(options);
  plan.way = AscentPlan{.guard = default_profile(*test::ring(), test::range(), options),
                        .directions = coordinates ? 2 : 4,
                        .coordinates = coordinates,
                        .difference = 1e-4};
  compare(plan);
}
