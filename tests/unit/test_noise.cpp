/// Noisy and broken models: runs end, and say why. Exact ones are never taken for either.
#include "support/problems.hpp"

#include "controller/denoiser_check.hpp"

#include <cmath>
#include <cstring>
#include <utility>

using namespace shockstep;

namespace {

/// Numbers of standard deviation 1 that look random but depend on the bits of (x, sigma) alone: rough in both.
double hashed(double x, double sigma, std::uint64_t k) {
  std::uint64_t a, b;
  std::memcpy(&a, &x, 8), std::memcpy(&b, &sigma, 8);
  double z;
  fill_normal({&z, 1}, a ^ (k << 62), Stream::pilot, b);
  return z;
}

ModelPtr rough_ring(double rms) {
  return make_model(
      [ring = test::ring(), rms](const at::Tensor& x, const at::Tensor& sigma) {
        at::Tensor D = ring->denoise(x, sigma);
        for (std::int64_t i = 0; i < D.size(0); ++i)
          for (std::int64_t k = 0; k < 2; ++k) {
            const double at = x.const_data_ptr<double>()[2 * i] + M_PI * x.const_data_ptr<double>()[2 * i + 1];
            D.mutable_data_ptr<double>()[2 * i + k] +=
                rms * hashed(at, sigma[i].item<double>(), static_cast<std::uint64_t>(k));
          }
        return D;
      },
      {.shape = {2}, .data_std = .714});
}

ModelPtr rounded_ring(double quantum) {  // 0: float32
  return make_model(
      [ring = test::ring(), quantum](const at::Tensor& x, const at::Tensor& sigma) {
        const at::Tensor D = ring->denoise(x, sigma);
        return quantum > 0 ? (D / quantum).round() * quantum : D.to(at::kFloat).to(at::kDouble);
      },
      {.shape = {2}, .data_std = .714});
}

struct Outcome {
  double evaluations, error;
  RunStatistics statistics;
};

/// error: root mean square over trajectories and coordinates, from the ring without noise.
Outcome run(const ModelPtr& model, double tolerance, int order) {
  constexpr std::int64_t count = 100;
  static const at::Tensor exact = [] {
    SamplerOptions tight = test::unguarded(1e-11);
    tight.order = 5, tight.max_evaluations = 100000;
    return Sampler(test::ring(), test::range(), tight).sample({.count = count}).samples;
  }();
  SamplerOptions options = test::unguarded(tolerance);
  options.order = order, options.max_evaluations = 5000;
  const Result r = Sampler(model, test::range(), options).sample({.count = count});
  for (const auto& report : r.reports) CHECK((report.noise_limited > 0) == (report.noise_excess > 1));
  return {r.statistics.mean(r.statistics.evaluations), (r.samples - exact).pow(2).mean().sqrt().item<double>(),
          r.statistics};
}

Result sample(Denoiser denoiser, std::int64_t d, std::int64_t count = 64) {
  return Sampler(make_model(std::move(denoiser), {.shape = {d}, .data_std = .714}), test::range(),
                 test::unguarded(1e-2))
      .sample({.count = count});
}

bool drifts(const Result& r) { return r.statistics.drift > r.statistics.drift_bound; }

}  // namespace

// Without the floor a tolerance of 1e-7 would take h = .05 1e-7/(.4 4.5 1e-4) in lam at order 3, a hundred thousand steps.
TEST_CASE("A rough model does not crawl: the error is about its noise, at a few times the evaluations") {
  const int order = GENERATE(2, 3, 4, 5);
  CAPTURE(order);
  constexpr double noise = 1e-4;
  const Outcome reachable = run(rough_ring(noise), noise, order);
  const Outcome tight = run(rough_ring(noise), 1e-7, order);
  CAPTURE(reachable.evaluations, reachable.error, tight.evaluations, tight.error);
  CHECK(tight.statistics.noise_limited == 100);
  CHECK(tight.statistics.count_by_status[0] == 100);
  CHECK(tight.evaluations < 5 * reachable.evaluations);
  CHECK(tight.error < 2 * noise);
  CHECK(tight.statistics.noise > .7 * noise);
  CHECK(tight.statistics.noise < 2 * noise);
  // The tolerance that the warning names, the next power of ten, is within reach of all but the odd trajectory.
  const double told = std::pow(10, std::ceil(std::log10(1e-7 * tight.statistics.noise_excess)));
  CHECK(run(rough_ring(noise), told, order).statistics.noise_limited < 10);
}

TEST_CASE("A model rounded to float32 reaches a tolerance of 1e-7, and stops at its rounding below") {
  // Half the coordinates of D lie in [.5, 1), spacing 2^-24, and errors are uniform: 2^-24/sqrt(12) = 1.7e-8; twice that
  // above 1.
  const Outcome fair = run(rounded_ring(0), 1e-7, 3);
  CHECK(fair.statistics.noise_limited == 0);
  CHECK(fair.error < 1e-7);
  const Outcome tight = run(rounded_ring(0), 1e-11, 3);
  CHECK(tight.statistics.noise_limited == 100);
  CHECK(tight.statistics.count_by_status[0] == 100);
  CHECK(tight.statistics.noise > 1e-8);
  CHECK(tight.statistics.noise < 1e-7);
  CHECK(tight.error < 3e-8);
  // Noise makes it no dearer than a smooth model, whose steps go like tolerance^(1/5) at order 3.
  CHECK(tight.evaluations < std::pow(1e-7 / 1e-11, .2) * fair.evaluations);
}

// As of a network that predicts the noise and is told a time with fine features: a wave in ln sigma of amplitude a sigma.
TEST_CASE("Roughness in sigma costs no more than itself, however small the tolerance") {
  const double amplitude = GENERATE(.01, .05, .2), frequency = GENERATE(100., 300.);
  const double tolerance = GENERATE(1e-3, 1e-4, 1e-5);
  CAPTURE(amplitude, frequency, tolerance);
  const auto rough = make_model(
      [=, ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma) {
        const at::Tensor phase = frequency * sigma.log().unsqueeze(1) + at::tensor({0., 2.}, at::kDouble);
        return ring->denoise(x, sigma) + amplitude * sigma.unsqueeze(1) * phase.cos();
      },
      {.shape = {2}, .data_std = .714});
  SamplerOptions options = test::unguarded(tolerance);
  options.max_evaluations = 5000;
  const Process far = VarianceExploding{.sigma_min = .002, .sigma_max = 150};
  const Result r = Sampler(rough, far, options).sample({.count = 64});
  const Result smooth = Sampler(test::ring(), far, test::unguarded(1e-8)).sample({.count = 64});
  // The waves themselves move a sample by amplitude sigma/frequency. What the steps add is of the order of the roughness where
  // modes are decided, at the scale of the data; in the mean over trajectories interfaces amplify it, in the median not.
  const double error = (r.samples - smooth.samples).square().mean(1).sqrt().median().item<double>();
  CAPTURE(r.statistics.mean(r.statistics.evaluations));
  CHECK(error < amplitude * .714);
  CHECK(r.statistics.evaluations_max < 5000);
}

TEST_CASE("A quantised model ends at its quantum") {
  const Outcome tight = run(rounded_ring(1e-3), 1e-7, 3);
  CHECK(tight.statistics.noise_limited == 100);
  CHECK(tight.error < 1e-3);
  CHECK(tight.evaluations < 500);
}

TEST_CASE("Noise so large that even the shortest step misses its tolerance ends too") {
  const Outcome hopeless = run(rough_ring(.3), 1e-11, 3);
  CHECK(hopeless.statistics.noise_limited == 100);
  CHECK(hopeless.evaluations < 1000);
}

TEST_CASE("An exact mixture has neither noise nor symptoms, at any tolerance and order") {
  // Modes of modes: interfaces at three scales, the narrowest a two-hundredth of the widest.
  const auto two = at::tensor({-1., 1.}, at::kDouble);
  const auto tree = (at::cartesian_prod({two, two * .2, two * .04})).sum(1).view({8, 1});
  for (const auto& model : {test::two_modes(), test::ring(), test::mixture_model(tree, .01), test::hundred_modes(),
                            test::mixture_model(at::full({1, 3}, 5., at::kDouble), .001)})
    for (const int order : {1, 3, 5})
      for (const double tolerance : {1e-1, 1e-2, 1e-3, 1e-5, 1e-7, 1e-10}) {
        if (order == 1 && tolerance < 1e-3) continue;
        CAPTURE(model->describe(), order, tolerance);
        SamplerOptions options = test::unguarded(tolerance);
        options.order = order, options.max_evaluations = 10000;
        const Result r = Sampler(model, test::range(), options).sample({.count = tolerance < 1e-6 ? 20 : 100});
        for (const auto& report : r.reports) {
          CHECK(report.noise == 0);
          CHECK(report.noise_limited == 0);
        }
        CHECK(r.statistics.blown_up == 0);
        CHECK_FALSE(drifts(r));
      }
}

TEST_CASE("The drift of a Gaussian is known in closed form") {
  // D = x s^2/(s^2 + sigma^2) and |x|^2 = d (s^2 + sigma^2) on average: |D - x|^2/(d sigma^2) = sigma^2/(s^2 + sigma^2),
  // whose mean over lam is ln((s^2 + max^2)/(s^2 + min^2))/(2 ln(max/min)).
  const double s = .5;
  const Result r =
      Sampler(test::mixture_model(at::zeros({1, 64}, at::kDouble), s), test::range(), test::unguarded(1e-5))
          .sample({.count = 500});
  const double mean = std::log((s * s + 6400) / (s * s + 1e-4)) / (2 * std::log(8000.));
  // chi^2 of 32000 numbers: a relative standard deviation of .008; the sum over steps takes their right ends, where it is
  // less, and adds about half a step, .1 of 9.
  CHECK(r.statistics.drift == Approx(mean).epsilon(.06));
}

TEST_CASE("A field that is no gradient has an asymmetric Jacobian, and an exact denoiser has none") {
  SamplerOptions options;
  options.guard.profile = "default";
  options.guard.measure_all = true;  // with events all along the path, whose pairs of products measure it
  const auto asymmetry = [&](const ModelPtr& model) {
    const Result r = Sampler(model, test::range(), options).sample({.count = 64});
    REQUIRE(r.statistics.events > 0);
    return r.statistics.asymmetry;
  };
  // Rotated axes are no rotation: the defect of an exact mixture is that of finite differences, whose steps are short
  // beside an interface.
  CHECK(asymmetry(test::ring()) < .1 * largest_asymmetry);
  CHECK(asymmetry(test::hundred_modes()) < .1 * largest_asymmetry);
  // D + c R x, R a quarter-turn: v.(J w) - w.(J v) = 2 c for any pair of unit vectors at right angles. The Jacobian of
  // the ring has eigenvalues J and J' < J: 4 c^2/(J^2 + J'^2 + 2 c^2) is above .3^2 for J < 6 at c = 1.
  const auto turned = [](double c) {
    return make_model(
        [c, ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma) {
          const auto quarter = at::tensor({0., c, -c, 0.}, at::kDouble).view({2, 2});
          return ring->denoise(x, sigma) + x.matmul(quarter);
        },
        {.shape = {2}, .data_std = .714});
  };
  CHECK(asymmetry(turned(1)) > largest_asymmetry);
  CHECK(asymmetry(turned(.01)) < largest_asymmetry);
}

TEST_CASE("Probes change no sample") {
  for (const Method method : {Method::multistep, Method::dopri5, Method::fehlberg78}) {
    SamplerOptions with, without;
    with.method = without.method = method;
    without.guard.events = false;
    const Result a = Sampler(test::ring(), test::range(), with).sample({.count = 100});
    const Result b = Sampler(test::ring(), test::range(), without).sample({.count = 100});
    CHECK(a.statistics.probes > 0);
    CHECK(b.statistics.probes == 0);
    CHECK(a.statistics.evaluations - a.statistics.probes == b.statistics.evaluations);
    CHECK(at::equal(a.samples, b.samples));
  }
}

TEST_CASE("The bound on the drift is that of a chi-square") {
  CHECK(largest_drift(1) > 1.5 * 23.9);  // P(chi^2_1 > 23.9) = 1e-6
  CHECK(largest_drift(1) <
        2 * 1.5 * 23.9);  // lemma 1 of Laurent & Massart overrates a single coordinate by less than that
  CHECK(largest_drift(1e6) == Approx(1.5).epsilon(.01));
}

TEST_CASE("A model that blows up is named so") {
  const Result r = sample([](const at::Tensor& x, const at::Tensor&) { return 2 * x; }, 8);
  CHECK(r.statistics.blown_up == 64);
  CHECK(r.statistics.drift == 0);  // it says nothing that blown_up has not said
}

TEST_CASE("A model that drifts is named so, whatever the way") {
  for (const std::int64_t d : {1, 2, 64}) {
    CAPTURE(d);
    const Result shifted = sample([](const at::Tensor& x, const at::Tensor&) { return x + .3; }, d);
    CHECK(drifts(shifted));
    CHECK(shifted.statistics.blown_up == 0);
  }
  const auto R = at::tensor({.8, -.6, .6, .8}, at::kDouble).view({2, 2});
  CHECK(drifts(sample([R](const at::Tensor& x, const at::Tensor&) { return x.matmul(R); }, 2)));
  // The ring's field, turned by one mode's spacing: no gradient, and each mode sends its samples on to the next.
  const double half = std::sqrt(.5);
  const auto eighth = at::tensor({half, -half, half, half}, at::kDouble).view({2, 2});
  const Result turned =
      sample([eighth, ring = test::ring()](const at::Tensor& x,
                                           const at::Tensor& sigma) { return ring->denoise(x, sigma).matmul(eighth); },
             2);
  CAPTURE(turned.statistics.drift, turned.statistics.drift_bound);
  CHECK(drifts(turned));
  CHECK(turned.statistics.count_by_status[0] == 64);
}
