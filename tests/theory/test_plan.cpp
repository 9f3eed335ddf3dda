/// The plan that networks get (docs/plan.md), on problems whose solutions are known.
#include "support/problems.hpp"

#include "process/step_plan.hpp"

#include <shockstep/fit_check.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

using namespace shockstep;

namespace {

/// The same denoiser as a network has it: nothing but D is known.
ModelPtr unknown(const ModelPtr& model, double data_std) {
  return make_model([model](const at::Tensor& x, const at::Tensor& sigma) { return model->denoise(x, sigma); },
                    {.shape = model->shape(), .data_std = data_std});
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item().toDouble(); }

}  // namespace

TEST_CASE("Two nodes are enough for a Gaussian") {
  // F = 0 whatever the steps, so x = latent sqrt(s^2 + sigma^2) where it ends.
  const double s = .7;
  const auto model = test::mixture_model(at::zeros({1, 5}, at::kDouble), s);
  SamplerOptions options{.steps = FixedSteps{.schedule = Schedule::plan, .count = 2}, .final = Final::keep};
  const auto drawn = Sampler(model, test::range(), options).sample({.count = 20, .seed = 3});
  const double ratio = std::hypot(s, .01) / std::hypot(s, 80);
  at::Tensor start = at::empty({20, 5}, at::kDouble);
  for (std::int64_t i = 0; i < 20; ++i)
    fill_normal(std::span(start.mutable_data_ptr<double>() + 5 * i, 5), 3, Stream::start,
                static_cast<std::uint64_t>(i));
  CHECK(largest_difference(drawn.samples, 80 * ratio * start) < 1e-12);
}

TEST_CASE("The multistep of F converges with the order of its corrector") {
  const auto model = test::two_modes();
  const auto sample = [&](int count, int order) {
    SamplerOptions options{.steps = FixedSteps{.schedule = Schedule::plan, .count = count}, .order = order};
    options.max_evaluations = count;
    return Sampler(model, test::range(), options).sample({.count = 50, .seed = 2}).samples;
  };
  const at::Tensor exact = sample(1600, 4);
  const int order = GENERATE(1, 2, 3);
  CAPTURE(order);
  const double coarse = largest_difference(sample(100, order), exact),
               fine = largest_difference(sample(200, order), exact);
  const double measured = std::log2(coarse / fine);
  CHECK(measured > order + .5);  // the corrector is of one order more, reached from below
  CHECK(measured < order + 2.);
}

TEST_CASE("Scales are measured with 64 rows") {
  // Two modes at +-a along one of 64 directions: variances a^2 + w^2 and 63 times w^2.
  const double a = 1, w = .1;
  at::Tensor means = at::zeros({2, 64}, at::kDouble);
  means.select(0, 0).select(0, 0).fill_(a), means.select(0, 1).select(0, 0).fill_(-a);
  const double data_std = std::sqrt((a * a + 64 * w * w) / 64);
  const auto model = test::mixture_model(means, w);
  const MeasuredScales given = measure_scales(*model, test::range());
  CHECK(given.evaluations <= 64);
  CHECK(given.data_std == Approx(model->data_std()));
  CHECK(given.loss < 1.5);
  CHECK(given.roughness < 4e-4);
  // One short run down the range: its steps adjoin.
  double lam = -std::log(80.);
  for (const TriedStep& step : given.tried) {
    CHECK(step.lam - step.length / 2 == Approx(lam).margin(1e-9));
    CHECK(step.error > 0);
    lam += step.length;
  }
  CHECK(lam == Approx(-std::log(.01)));

  const MeasuredScales measured = measure_scales(*unknown(model, 0), test::range());
  CHECK(measured.evaluations <= 64);
  // Four rows of which one direction in two has half of the variance: a binomial of four, and chi^2 of 189 numbers.
  CHECK(measured.data_std > .4 * data_std);
  CHECK(measured.data_std < 1.6 * data_std);
}

TEST_CASE("The scale of the data is measured whatever the range of sigma") {
  // Of Gaussian data the few steps that are tried first leave a known share, and the samples of the plan are latents times s: what is
  // measured is s times the square root of the latents' own spread, of 3 times 64 numbers.
  const double s = GENERATE(.05, 1., 30.);
  const auto range = GENERATE(VarianceExploding{.sigma_min = .002, .sigma_max = 80},
                              VarianceExploding{.sigma_min = 5e-4, .sigma_max = 150},
                              VarianceExploding{.sigma_min = 1e-4, .sigma_max = 2000});
  CAPTURE(s, range.sigma_max);
  const MeasuredScales scales =
      measure_scales(*unknown(test::mixture_model(at::zeros({1, 64}, at::kDouble), s), 0), range);
  CHECK(scales.evaluations <= 64);
  CHECK(std::abs(std::log(scales.data_std / s)) < 3 * .5 / std::sqrt(2 * 3 * 64));
}

TEST_CASE("A network that jumps about in time is measured as rough, and its estimates say so") {
  const auto model = test::ring();
  const double jump = .01;
  const auto jumping = make_model(
      [&](const at::Tensor& x, const at::Tensor& sigma) {
        return model->denoise(x, sigma) + jump * (1e5 * sigma.log()).sin().unsqueeze(1);
      },
      {.shape = model->shape(), .data_std = model->data_std()});
  // Values of the sine at three sigmas are as good as independent, of mean square 1/2.
  const MeasuredScales scales = measure_scales(*jumping, test::range());
  CHECK(scales.roughness * model->data_std() > jump / 5);
  CHECK(scales.roughness * model->data_std() < jump * 2);

  SamplerOptions options{.tolerance = 1e-3};
  const Sampler sampler(jumping, test::range(), options);
  CHECK(sampler.notes().size() == 1);
  for (const auto& report : sampler.sample({.count = 8}).reports) CHECK(report.error_estimate > 1e-3);
  CHECK(Sampler(unknown(model, model->data_std()), test::range(), options).notes().empty());
}

TEST_CASE("Nodes of a plan: the ends, the count, and steps that add up") {
  ModelScales scales(GENERATE(.1, 1., 20.));
  const VarianceExploding range{.sigma_min = .01, .sigma_max = 80};
  const Process process = range;
  if (GENERATE(false, true))  // a model whose first and last steps err more than others
    for (int i = 0; i < 12; ++i)
      scales.tried.push_back({std::lerp(process.lam_begin(), process.lam_end(), (i + .5) / 12), std::log(8000.) / 12,
                              i < 3 || i > 8 ? .1 : 1e-3});
  const int count = GENERATE(2, 3, 10, 100);
  const auto sigmas = grid_sigmas({.schedule = Schedule::plan, .count = count, .scales = scales}, process, count);
  REQUIRE(std::ssize(sigmas) == count);
  CHECK((sigmas.front() == 80 && sigmas.back() == .01));
  CHECK(std::ranges::is_sorted(sigmas, std::greater<>()));
  if (count < 10) return;
  // The table of adaptive steps leads from node to node.
  const LamTable steps = StepPlan(scales, process.lam_begin(), process.lam_end(), count).steps();
  for (std::size_t n = 0; n + 1 < sigmas.size(); ++n)
    CHECK(steps(-std::log(sigmas[n])) == Approx(std::log(sigmas[n] / sigmas[n + 1])).epsilon(.03));
}

TEST_CASE("Where a model errs more, the plan steps more often") {
  const Process process = VarianceExploding{.sigma_min = .01, .sigma_max = 80};
  const double begin = process.lam_begin(), length = (process.lam_end() - begin) / 12;
  ModelScales scales;
  for (int i = 0; i < 12; ++i) scales.tried.push_back({begin + (i + .5) * length, length, 1e-2});
  const auto nodes_above = [&](double sigma) {
    const auto sigmas = grid_sigmas({.schedule = Schedule::plan, .count = 30, .scales = scales}, process, 30);
    return static_cast<double>(std::ranges::count_if(sigmas, [&](double node) { return node > sigma; }));
  };
  const double before = nodes_above(5);
  for (TriedStep& step : scales.tried)
    if (step.lam < -std::log(5.)) step.error *= 16;
  // An error that falls with the fourth power of the length is as large as before in half of it; elsewhere steps get longer.
  CHECK(nodes_above(5) > 1.3 * before);
}

TEST_CASE("A tolerance and its number of nodes are inverse to each other") {
  MeasuredScales scales;
  const PlannedError planned(scales);
  for (const double tolerance : {.3, 1e-2, 1e-5})
    CHECK(planned.with(planned.nodes_for(tolerance)) == Approx(tolerance));
  CHECK(planned.floor(20) == 0);
  scales.roughness = 1e-2;
  CHECK(PlannedError(scales).floor(20) > scales.roughness);
}

TEST_CASE("By default a network takes the plan; events are sought on every 128th trajectory and change no sample") {
  const auto model = unknown(test::ring(), test::ring()->data_std());
  SamplerOptions options{.tolerance = 3e-2};
  const Sampler sampler(model, test::range(), options);
  CHECK(sampler.profile().source == "plan");
  CHECK(sampler.prepared_rows() == sampler.scales()->evaluations);
  const auto drawn = sampler.sample({.count = 128, .batch = 32});
  for (const auto& report : drawn.reports) {
    CAPTURE(report.trajectory);
    const bool measured = report.trajectory % measured_every == first_measured;
    CHECK(report.status == Status::ok);
    CHECK(std::isnan(report.exponent) == !measured);
    CHECK((report.probes > 0) == measured);
    CHECK(report.error_estimate > 0);
  }
  options.guard.events = false;
  const auto without = Sampler(model, test::range(), options).sample({.count = 128, .batch = 32});
  CHECK(drawn.samples.equal(without.samples));
  options.guard.events = true, options.guard.measure_all = true;
  const auto all = Sampler(model, test::range(), options).sample({.count = 128, .batch = 32});
  CHECK(drawn.samples.equal(all.samples));
  CHECK(std::ranges::all_of(all.reports, [](const auto& report) { return std::isfinite(report.exponent); }));
}

TEST_CASE("A network's pilot takes 500 rows at most; tolerance and estimates then hold on this network") {
  // A bound that another row stays below with probability .97, from eight rows: in one pilot of twenty less than .83 of the rows do (the
  // mean of eight is .6 deviations low, or their deviation half of what it is).
  const auto exact = GENERATE(test::ring(), test::two_modes(), test::hundred_modes());
  const auto model = unknown(exact, exact->data_std());
  const SampleRequest request{.count = 256, .seed = 5, .batch = 64};
  SamplerOptions fine{.steps = FixedSteps{.schedule = Schedule::plan, .count = 400}};
  fine.max_evaluations = 400;
  const at::Tensor solution = Sampler(model, test::range(), fine).sample(request).samples;

  SamplerOptions options{.tolerance = GENERATE(3e-2, 3e-3) * exact->data_std()};
  options.guard.profile = "pilot", options.guard.events = false;
  const Sampler sampler(model, test::range(), options);
  CHECK(sampler.profile().source == "pilot");
  CHECK(sampler.profile().evaluations <= 500);
  CHECK(sampler.prepared_rows() == sampler.scales()->evaluations + sampler.profile().evaluations);
  const Result drawn = sampler.sample(request);
  int within = 0, covered = 0;
  for (std::int64_t i = 0; i < request.count; ++i) {
    const double error = drawn.samples[i].sub(solution[i]).pow(2).mean().sqrt().item().toDouble();
    within += error <= options.tolerance;
    covered += error <= drawn.reports[static_cast<std::size_t>(i)].error_estimate;
  }
  CAPTURE(exact->describe(), options.tolerance, within, covered);
  CHECK(within >= .83 * 256);
  CHECK(covered >= .83 * 256);
}

TEST_CASE("A budget shortens the plan, and the status says what that costs") {
  const auto model = unknown(test::ring(), test::ring()->data_std());
  SamplerOptions options{.tolerance = 1e-4};
  options.max_evaluations = 15;
  const auto drawn = Sampler(model, test::range(), options).sample({.count = 32});
  for (const auto& report : drawn.reports) CHECK(report.evaluations <= 15);
  CHECK(drawn.statistics.with(Status::budget) > 0);
}

TEST_CASE("Samples far wider or narrower than data_std are a doubt, and those as wide as is said none") {
  const auto fit = [](double data_std) {
    const auto model = unknown(test::ring(), data_std);
    std::int64_t computed = 0;
    const FitReport report = quick_fit(model, test::range(), measure_scales(*model, test::range()), 16, computed);
    CHECK((computed == 0 || !report.doubt.empty() || !report.fits));
    return report;
  };
  const double data_std = test::ring()->data_std();
  CHECK((fit(data_std).fits && fit(data_std).doubt.empty()));
  CHECK(!fit(3 * data_std).doubt.empty());  // samples are a third as wide as is said
  CHECK(!fit(data_std / 3).doubt.empty());
}

TEST_CASE("What the rows of the measurement have at each node tells a noise that is taken for a velocity") {
  // D = x/(1 + sigma^2) - n/sqrt(1 + sigma^2) is bounded, and its samples are neither too wide nor too narrow: but far above the data it
  // goes with -x, where D knows nothing of x.
  const auto exact = test::ring();
  const Process process = VpCosine{};
  NetworkOptions right{.shape = {2}, .predicts = Predicts::noise};
  right.data_std = exact->data_std(), right.dtype = NetworkType::float64;
  NetworkOptions wrong = right;
  wrong.predicts = Predicts::velocity;
  const auto noise = [&](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor&) {
    return (x - exact->denoise(x, sigma)) / sigma.unsqueeze(1);
  };
  for (const NetworkOptions& options : {right, wrong}) {
    const ModelPtr model = wrap_network(noise, options, process);
    const MeasuredScales scales = measure_scales(*model, process);
    REQUIRE(scales.nodes.size() == scales.tried.size() + 1);
    CHECK(scales.nodes.front().sigma == Approx(process.sigma_max()));
    std::int64_t computed = 0;
    const FitReport report = quick_fit(model, process, scales, 16, computed);
    CHECK(report.fits == (options.predicts == Predicts::noise));
    CHECK((computed == 0) == report.fits);
  }
}
