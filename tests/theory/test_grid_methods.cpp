/// Every method that public packages have, against what these make of the same noise and sigmas
/// (tests/data/grid_methods.json, written by tools/make_method_vectors).
#include "support/reference.hpp"

#include "engine/engine.hpp"
#include "stepper/method_spec.hpp"

#include <shockstep/shockstep.hpp>

#include <cmath>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

const nlohmann::json& data() {
  static const nlohmann::json found = test::reference("grid_methods");
  return found;
}

ModelPtr model() {
  return std::make_shared<GaussianMixture>(GaussianMixtureOptions{.means = test::tensor(data()["means"]),
                                                                  .stds = test::tensor(data()["std"]),
                                                                  .weights = test::tensor(data()["weights"])});
}

/// Those that say that they make the samples of these packages.
std::set<std::string> named_by_packages(Dynamics dynamics) {
  std::set<std::string> names;
  for (const MethodSpec& spec : method_specs()) {
    const std::string agrees = spec.agrees;
    const bool package = agrees.starts_with("k-diffusion ") || agrees.starts_with("diffusers ");
    if (package && (dynamics == Dynamics::ode ? spec.ode : spec.sde)) names.insert(spec.name);
  }
  return names;
}

}  // namespace

TEST_CASE("samples agree with those of k-diffusion and diffusers") {
  std::set<std::string> seen;
  const VarianceExploding range{.sigma_min = data()["sigma_min"], .sigma_max = data()["sigma_max"]};
  for (const auto& c : data()["cases"]) {
    SamplerOptions options;
    options.method = method_named(c["method"].get<std::string>()).value();
    options.order = c.value("order", 0);
    options.solver_type = c.value("solver_type", "bh2") == "bh1" ? SolverType::bh1 : SolverType::bh2;
    options.final = c["final"] == "keep" ? Final::keep : Final::denoise;
    options.steps = FixedSteps{.sigmas = data()["grids"][c["grid"].get<std::string>()].get<std::vector<double>>()};
    CAPTURE(c["package"], c["method"], options.order, c["grid"], c["final"]);
    const at::Tensor wanted = test::tensor(c["samples"]);
    const Result found =
        Sampler(model(), range, options).sample({.count = wanted.size(0), .noise = test::tensor(data()["noise"])});
    // Both sides are float64: rounding of states up to 160 falls with sigma, and what the decisions then make of that of 18
    // steps is a factor below e^2.
    CHECK((found.samples - wanted).abs().max().item<double>() < 1e-12);
    seen.insert(c["method"]);
  }
  CHECK(seen == named_by_packages(Dynamics::ode));
}

TEST_CASE("samples of the reverse SDE agree with those of k-diffusion on the same normals") {
  std::set<std::string> seen;
  const auto mixture = model();
  const at::Tensor start = test::tensor(data()["noise"]), normals = test::tensor(data()["normals"]);
  for (const auto& c : data()["sde"]) {
    SamplerOptions options;
    options.dynamics = Dynamics::sde;
    options.eta = c["eta"];
    options.method = method_named(c["method"].get<std::string>()).value();
    options.final = c["final"] == "keep" ? Final::keep : Final::denoise;
    options.steps = FixedSteps{.sigmas = data()["grids"][c["grid"].get<std::string>()].get<std::vector<double>>()};
    const VarianceExploding range{.sigma_min = data()["sigma_min"], .sigma_max = data()["sigma_max"]};
    const GridPlan plan = make_grid_plan(range, options);
    CAPTURE(c["method"], options.eta, c["grid"], c["final"]);
    const at::Tensor wanted = test::tensor(c["samples"]);
    Plan run(range, options);
    run.latents = [&](std::int64_t i, std::span<double> out) {
      for (std::size_t j = 0; j < 2; ++j) out[j] = start[i][static_cast<std::int64_t>(j)].item<double>();
    };
    GridRun way{.grid = std::make_shared<const GridPlan>(plan)};
    way.increments = [&](std::int64_t i, std::size_t node, std::span<double> out) {
      for (std::size_t j = 0; j < 2; ++j)
        out[j] = plan.spread[node] *
                 normals[static_cast<std::int64_t>(node)][i][static_cast<std::int64_t>(j)].item<double>();
    };
    run.way = way;
    std::int64_t finished = 0;
    run_engine({.model = *mixture, .plan = run, .count = wanted.size(0), .finished = [&](const Trajectory& t) {
                  ++finished;
                  const auto i = t.report().trajectory;
                  // Rounding, as above.
                  CHECK(std::abs(t.sample()[0] - wanted[i][0].item<double>()) < 1e-12);
                  CHECK(std::abs(t.sample()[1] - wanted[i][1].item<double>()) < 1e-12);
                }});
    CHECK(finished == wanted.size(0));
    seen.insert(c["method"]);
  }
  CHECK(seen == named_by_packages(Dynamics::sde));
}

TEST_CASE("schedules agree with those of k-diffusion") {
  const Process range = VarianceExploding{.sigma_min = data()["sigma_min"], .sigma_max = data()["sigma_max"]};
  for (const auto& [name, wanted] : data()["schedules"].items()) {
    CAPTURE(name);
    const auto kind = std::ranges::find_if(schedule_kinds(), [&n = name](const auto& k) { return k.name == n; });
    REQUIRE(kind != schedule_kinds().end());
    const auto found = grid_sigmas({.schedule = kind->schedule}, range, static_cast<int>(wanted.size()));
    for (std::size_t i = 0; i < found.size(); ++i)  // these are float32, and a seventh power multiplies its rounding
      CHECK(found[i] == Approx(wanted[i].get<double>()).epsilon(20 * 6e-8));
  }
}
