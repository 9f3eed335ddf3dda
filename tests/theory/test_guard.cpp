/// The guard does what it is for: fewer large errors at equal evaluations, an estimate that covers, and each part apart.
#include "support/bluntness.hpp"
#include "support/problems.hpp"

#include <shockstep/models/network.hpp>

#include <algorithm>
#include <vector>

using namespace shockstep;

namespace {

constexpr std::int64_t count = 1000;

struct Errors {
  double evaluations, rms, largest, covered, blunt;
};

Errors run(const ModelPtr& model, const at::Tensor& exact, const SamplerOptions& options) {
  const Result r = Sampler(model, test::range(), options).sample({.count = count, .seed = 1});
  const at::Tensor e = (r.samples - exact).pow(2).mean(1).sqrt();
  double covered = 0;
  for (std::int64_t i = 0; i < count; ++i)
    covered += e[i].item<double>() <= r.reports[static_cast<std::size_t>(i)].error_estimate;
  return {static_cast<double>(r.statistics.evaluations) / count, std::sqrt(e.pow(2).mean().item<double>()),
          e.max().item<double>(), covered / count, test::bluntness(e, r.reports)};
}

at::Tensor reference(const ModelPtr& model) {
  SamplerOptions options = test::unguarded(1e-11);
  options.order = 5;
  options.max_evaluations = 100000;
  return Sampler(model, test::range(), options).sample({.count = count, .seed = 1}).samples;
}

}  // namespace

TEST_CASE(
    "At no more evaluations the guarded run has a lower RMS and maximum, and its estimate covers 97 % and is no "
    "blunter than it must be") {
  for (const auto& model : {test::two_modes(), test::ring()}) {
    const at::Tensor exact = reference(model);
    for (const double tolerance : {1e-2, 1e-3}) {
      CAPTURE(model->describe(), tolerance);
      SamplerOptions guarded;
      guarded.tolerance = tolerance;
      guarded.final = Final::keep;
      guarded.guard.events = false;
      const Errors with = run(model, exact, guarded);
      // Evaluations go as tolerance^(-1/4) at order 3 with its corrector: tighten the unguarded run to at least as many.
      const Errors loose = run(model, exact, test::unguarded(tolerance));
      const double same = tolerance * std::pow(loose.evaluations / std::max(with.evaluations, loose.evaluations), 6);
      const Errors without = run(model, exact, test::unguarded(same));
      CAPTURE(with.evaluations, without.evaluations, with.rms, without.rms, with.blunt);
      CHECK(without.evaluations > .95 * with.evaluations);
      CHECK(with.rms < without.rms);
      CHECK(with.largest < without.largest);
      CHECK(with.covered > .97);
      CHECK(with.blunt < test::bluntest);
    }
  }
}

TEST_CASE("Each part of the guard can be switched") {
  SamplerOptions options;
  const auto profile = [&] { return Sampler(test::ring(), test::range(), options).profile(); };
  options.guard.enabled = false;
  CHECK(profile().log_gain.empty());
  CHECK(profile().evaluations == 0);
  options.guard.enabled = true;
  options.guard.profile = "default";
  CHECK(profile().log_gain.empty());
  options.guard.profile = "auto";
  options.guard.redo = Switch::off;
  CHECK_FALSE(profile().redo);
  options.guard.redo = Switch::on;
  CHECK(profile().redo);
  CHECK(profile().source == "pilot");
  CHECK_FALSE(profile().cap.empty());
  options.guard.quantile = .5;
  CHECK(profile().quantile == .5);
  options.guard.events = false;
  const Result quiet = Sampler(test::ring(), test::range(), options).sample({.count = 50});
  CHECK(quiet.statistics.probes == 0);
  CHECK(quiet.statistics.events == 0);
}

TEST_CASE("Where errors never grow nothing is repeated, and the guard costs nothing while it runs") {
  // One Gaussian: J = std^2/(std^2 + sigma^2) < 1 everywhere.
  const auto one = test::mixture_model(at::tensor({.3, -1., 2.}, at::kDouble).view({1, 3}), .5);
  SamplerOptions options;
  const Sampler sampler(one, test::range(), options);
  CHECK_FALSE(sampler.profile().redo);
  const Result r = sampler.sample({.count = 200});
  for (const auto& report : r.reports) {
    CHECK(report.passes == 1);
    CHECK(report.probes == 0);
  }
  options.guard.redo = Switch::on;
  CHECK(Sampler(one, test::range(), options).profile().redo);
}

TEST_CASE(
    "A repeated pass that would exceed the budget is dropped; the first pass stands, with its events and estimate") {
  SamplerOptions options;
  options.max_evaluations = 70;  // a first pass takes about 30, a repeated one more than 60
  options.guard.redo = Switch::on;
  const Sampler sampler(test::ring(), test::range(), options);
  const double threshold = sampler.profile().threshold;
  const Result with = sampler.sample({.count = 500});
  options.guard.redo = Switch::off;
  const Result without = Sampler(test::ring(), test::range(), options).sample({.count = 500});
  int dropped = 0;
  for (std::int64_t i = 0; i < 500; ++i) {
    const auto &a = with.reports[static_cast<std::size_t>(i)], &b = without.reports[static_cast<std::size_t>(i)];
    CHECK(a.evaluations <= 70);
    CHECK((a.status == Status::ok) == (a.passes > 1 || a.error_estimate <= options.tolerance || a.score <= threshold));
    if (a.passes > 1) continue;
    dropped += a.evaluations > b.evaluations;
    CHECK(at::equal(with.samples[i], without.samples[i]));
    CHECK(a.exponent == b.exponent);
    CHECK(a.events.size() == b.events.size());
  }
  CHECK(dropped > 0);
}

TEST_CASE("Steps are measured in the pilot's typical ones where they are few, whatever the order asked for") {
  const auto paced = [](double tolerance, int order) {
    SamplerOptions options;
    options.tolerance = tolerance;
    options.order = order;
    return Sampler(test::two_modes(), test::range(), options).profile().paced;
  };
  CHECK(paced(.1, 0));
  CHECK(paced(.1, 5));
  CHECK_FALSE(paced(1e-6, 0));
  CHECK_FALSE(paced(1e-6, 3));
}

TEST_CASE("The warp of a network whose data have one long direction is of its length") {
  // A Gaussian: D is a power series in 1/sigma above 8, not above the mean width of 2.
  const auto width = at::ones({16}, at::kDouble).mul_(.3);
  width[0] = 8;
  const double data_std = std::sqrt(width.square().mean().item<double>());
  const NetworkFunction denoiser = [v = width.square()](const at::Tensor& x, const at::Tensor& sigma,
                                                        const at::Tensor&) {
    return x * v / (v + sigma.square().unsqueeze(1));
  };
  SamplerOptions options;
  options.guard.profile = "full";
  const auto network = wrap_network(denoiser, {.shape = {16}, .data_std = data_std}, test::range());
  const GuardProfile profile = Sampler(network, test::range(), options).profile();
  // the spread of 33 normal numbers has a standard error of an eighth
  CHECK(profile.warp == Approx(1.5 * 8).epsilon(5. / 8));

  const auto mixture = std::make_shared<GaussianMixture>(GaussianMixtureOptions{
      .means = at::zeros({1, 16}, at::kDouble), .covariances = at::diag(width.square()).unsqueeze(0)});
  CHECK(Sampler(mixture, test::range(), options).profile().warp == Approx(1.5 * data_std).epsilon(1e-12));
}

TEST_CASE("The pilot's gain is the exact one") {
  // In 1-D G = p_sigma(x)/p_min(x_end) along the flow; the pilot's quantile over 33 rows lies within the sample quantile's
  // error of a large sample's. At sigma_max all rows start far above the interface: ln G = ln(p_max(x)/p_min(x_end)).
  SamplerOptions options;
  options.guard.quantile = .5;
  const auto model = std::dynamic_pointer_cast<const GaussianMixture>(test::two_modes());
  const GuardProfile profile = Sampler(model, test::range(), options).profile();
  const Result r = Sampler(model, test::range(), test::unguarded(1e-6)).sample({.count = 2000, .seed = 4});
  const auto noise = [&] {
    std::vector<double> z(2000);
    for (std::size_t i = 0; i < z.size(); ++i) fill_normal({&z[i], 1}, 4, Stream::start, i);
    return at::tensor(z, at::kDouble).view({2000, 1});
  }();
  const at::Tensor gain = model->log_density(noise * 80, at::full({2000}, 80., at::kDouble)) -
                          model->log_density(r.samples, at::full({2000}, .01, at::kDouble));
  // The median's standard error over 33 rows is about 1.25 std/sqrt(33) = .22 std; three of them, and .1 for ln G by probes.
  CHECK(std::abs(profile.log_gain(-std::log(80.)) - gain.median().item<double>()) <
        .66 * gain.std().item<double>() + .1);
}
