/// Starting from data, with known coordinates, and between latents.
#include "support/problems.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

using namespace shockstep;
using Catch::Matchers::StartsWith;

namespace {

constexpr double s = .5;  // of the one Gaussian, whose flow keeps x/sqrt(s^2 + sigma^2)

ModelPtr gaussian(std::int64_t d) { return test::mixture_model(at::zeros({1, d}, at::kDouble), s); }

double shrink(double from, double to) { return std::sqrt((s * s + to * to) / (s * s + from * from)); }

double largest(const at::Tensor& x) { return x.abs().max().item<double>(); }

/// Every step errs by the tolerance at most, and the flow of one Gaussian contracts: their sum bounds the error.
double bound(const Result& result, double tolerance) {
  int steps = 0;
  for (const auto& report : result.reports) steps = std::max(steps, report.accepted);
  return steps * tolerance * std::sqrt(2.);  // the tolerance is that of the root mean square of two coordinates
}

at::Tensor latents(std::int64_t count, std::int64_t d) {
  at::Tensor out = at::empty({count, d}, at::kDouble);
  for (std::int64_t i = 0; i < count; ++i)
    fill_normal({out.mutable_data_ptr<double>() + i * d, static_cast<std::size_t>(d)}, 0, Stream::start,
                static_cast<std::uint64_t>(i));
  return out;
}

SamplerOptions on_grid(Method method, int count, Dynamics dynamics = Dynamics::ode) {
  SamplerOptions o;
  o.method = method;
  o.dynamics = dynamics;
  o.steps = FixedSteps{.schedule = Schedule::karras, .count = count};
  return o;
}

SamplerOptions adaptive_sde() {
  SamplerOptions o;
  o.dynamics = Dynamics::sde;
  o.tolerance = .02;
  return o;
}

}  // namespace

TEST_CASE("All of the range from data at the origin is plain sampling, bit for bit") {
  SamplerOptions redo;
  redo.guard.redo = Switch::on;
  SamplerOptions late = on_grid(Method::unipc, 8);  // does not begin at sigma_max
  late.steps->sigmas = {20, 5, 1, .3, .1, .02};
  for (const auto& options : {redo, test::unguarded(1e-3), on_grid(Method::dpmpp_2m, 12), on_grid(Method::heun, 9),
                              late, adaptive_sde(), on_grid(Method::dpmpp_2m_sde, 30, Dynamics::sde)}) {
    CAPTURE(name(options.method), options.steps.has_value(), options.dynamics == Dynamics::sde);
    const Sampler sampler(test::ring(), test::range(), options);
    const Result plain = sampler.sample({.count = 60, .seed = 2});
    const auto zeros = at::zeros({1, 2}, at::kDouble);
    const Result from = sampler.sample({.count = 60, .seed = 2, .init = zeros, .strength = 1});
    CHECK(at::equal(plain.samples, from.samples));
  }
}

TEST_CASE("From data the flow of one Gaussian is exact") {
  const auto init = latents(40, 2) * 3 + 1;
  const double strength = GENERATE(.05, .4, .75, 1.);
  const auto range = test::range();
  const Sampler sampler(gaussian(2), range, test::unguarded(1e-6));
  const SampleRequest request{.count = 40, .init = init, .strength = strength};
  const double sigma = sampler.start(request);
  CHECK(std::log(sigma / .01) == Approx(strength * std::log(80 / .01)).epsilon(1e-12));
  const Result result = sampler.sample(request);
  const auto exact = (init + sigma * latents(40, 2)) * shrink(sigma, .01);
  CHECK(largest(result.samples - exact) < bound(result, 1e-6));

  // On a grid the nodes below sigma_s, and sigma_s before them. Order 2: an error of h^2 and the scale of x at most.
  const Sampler grid(gaussian(2), range, [] {
    auto o = on_grid(Method::dpmpp_2m, 400);
    o.final = Final::keep;
    o.steps->schedule = Schedule::log_sigma;
    return o;
  }());
  const auto all = grid.sigmas(), nodes = grid.sigmas(request);
  CHECK(nodes.front() == sigma);
  CHECK(std::equal(nodes.begin() + 1, nodes.end(), all.end() - static_cast<std::ptrdiff_t>(nodes.size()) + 1));
  CHECK(all[all.size() - nodes.size()] >= sigma * (1 - 1e-6));
  const double h = std::log(all[0] / all[1]);
  CHECK(largest(grid.sample(request).samples - exact) < h * h * largest(init + sigma * latents(40, 2)));
}

TEST_CASE("Exact samples, noised and taken down by the SDE, are exact samples") {
  // x at sigma_s is N(0, s^2 + sigma_s^2), so the end is N(0, s^2 + sigma_min^2); 4000 values know their variance to 2.2 %.
  constexpr std::int64_t n = 4000;
  at::Tensor init = at::empty({n, 1}, at::kDouble);
  fill_normal({init.mutable_data_ptr<double>(), n}, 99, Stream::start, 0);
  init *= s;
  SamplerOptions grid = on_grid(Method::dpmpp_2m_sde, 200, Dynamics::sde);
  for (SamplerOptions options : {adaptive_sde(), grid}) {
    options.final = Final::keep;
    const Sampler sampler(gaussian(1), test::range(), options);
    const SampleRequest request{.count = n, .seed = 4, .init = init, .strength = .5};
    CHECK(sampler.start(request) == Approx(std::sqrt(80 * .01)).epsilon(1e-12));
    const auto x = sampler.sample(request).samples;
    CHECK(at::mul(x, x).mean().item<double>() == Approx(s * s + 1e-4).epsilon(5 * .0224));
  }
}

TEST_CASE("A small strength returns the data, at few evaluations") {
  const auto init = at::tensor({1., 0.}, at::kDouble).view({1, 2});  // a mode of the ring
  SamplerOptions options;
  options.final = Final::keep;
  const Sampler sampler(test::ring(), test::range(), options);
  const SampleRequest request{.count = 100, .init = init, .strength = .01};
  const Result near = sampler.sample(request), plain = sampler.sample({.count = 100});
  CHECK(largest(near.samples - init) < 5 * sampler.start(request));  // 200 normal numbers stay below 5
  CHECK(near.statistics.evaluations < plain.statistics.evaluations / 3);
}

TEST_CASE("Known coordinates are init + sigma n, and the others follow them") {
  // Two modes, +-1 in all of eight coordinates; of the first seven it is known that they are near 1.
  const auto ones = at::ones({1, 8}, at::kDouble);
  const auto modes = test::mixture_model(at::cat({-ones, ones}), .1);
  const auto init = ones + at::tensor({.05, -.05, .1, 0., -.1, .02, .08, 0.}, at::kDouble);
  auto mask = at::ones({8}, at::kDouble);
  mask[7] = 0;
  const auto known = [](const at::Tensor& x) { return x.narrow(1, 0, 7); };
  const SampleRequest request{.count = 200, .init = init, .mask = mask};

  SamplerOptions sde = adaptive_sde();
  for (const auto& options : {SamplerOptions{}, on_grid(Method::dpmpp_2m, 20), on_grid(Method::heun, 15), sde}) {
    CAPTURE(name(options.method), options.steps.has_value(), options.dynamics == Dynamics::sde);
    const Sampler sampler(modes, test::range(), options);
    const auto x = sampler.sample(request).samples;
    CHECK(largest(known(x) - known(init)) < 1e-14);
    // The weights are e^(+-(sum of x)/(s^2 + sigma^2)). The seven sum to 7 + sqrt(7) sigma n, |n| < 4 in 200 rows, and outweigh
    // an eighth at -1 from sigma = 6/(4 sqrt 7) = .57 on, if not before. From there its distance to 1 shrinks by s/.57 to .35.
    CHECK(x.select(1, 7).min().item<double>() > .5);
    const auto plain = sampler.sample({.count = 200}).samples.select(1, 7);
    CHECK(plain.min().item<double>() < 0);  // which half of all do without the mask
  }

  const Sampler keep(modes, test::range(), test::unguarded(1e-3));
  const Result end = keep.sample(request);
  // To the rounding of 80 n in a hundred steps.
  CHECK(largest(known(end.samples) - known(init + .01 * latents(200, 8))) < 1e-11);
  // The bounds on the model's own samples are not for these.
  CHECK(std::isnan(end.statistics.drift));
  CHECK(std::isnan(end.statistics.asymmetry));
}

TEST_CASE("A row of data, its mask and its place between latents depend on no other row") {
  const auto init = latents(60, 2) * .7;
  const auto mask = at::tensor({0., 1.}, at::kDouble);
  for (const auto& options : {SamplerOptions{}, on_grid(Method::unipc, 10), adaptive_sde()}) {
    const Sampler sampler(test::ring(), test::range(), options);
    const SampleRequest request{
        .count = 60, .seed = 3, .threads = 1, .interpolate = 6, .init = init, .strength = .8, .mask = mask};
    const Result one = sampler.sample(request);
    for (const auto& [batch, threads] : {std::tuple(1, 1), std::tuple(7, 2)}) {
      SampleRequest other = request;
      other.batch = batch, other.threads = threads;
      CHECK(at::equal(sampler.sample(other).samples, one.samples));
    }
    SampleRequest alone = request;
    alone.first = 47, alone.count = 1, alone.init = init.narrow(0, 47, 1);
    CHECK(at::equal(sampler.sample(alone).samples[0], one.samples[47]));
  }
}

TEST_CASE("Between latents: the ends are the plain samples, the points lie on the great circle") {
  const Sampler ring(test::ring(), test::range());
  const auto plain = ring.sample({.count = 4, .seed = 8}).samples;
  const auto path = ring.sample({.count = 15, .seed = 8, .interpolate = 5}).samples;
  for (std::int64_t pair = 0; pair < 3; ++pair) {
    CHECK(at::equal(path[5 * pair], plain[pair]));
    CHECK(at::equal(path[5 * pair + 4], plain[pair + 1]));
  }

  // The flow of one Gaussian multiplies the latents. The second pair lies on one line.
  const auto noise = at::tensor({3., 0., 0., 2., 0., -1.}, at::kDouble).view({3, 2});
  const Sampler flow(gaussian(2), test::range(), test::unguarded(1e-6));
  const Result result = flow.sample({.count = 8, .noise = noise, .interpolate = 4});
  const auto z = result.samples / (80 * shrink(80, .01));
  const double c = std::sqrt(.75);  // of pi/6
  const auto exact = at::tensor({3., 0., 3 * c, 1., 1.5, 2 * c, 0., 2., 0., 2., 0., 1., 0., 0., 0., -1.}, at::kDouble);
  CHECK(largest(z - exact.view({8, 2})) < bound(result, 1e-6) / (80 * shrink(80, .01)));
}

TEST_CASE("What does not fit names its field") {
  const Sampler sampler(test::ring(), test::range(), test::unguarded(1e-2));
  const auto refusal = [&](const SampleRequest& request) -> std::string {
    try {
      sampler.sample(request);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  const auto zeros = [](at::IntArrayRef shape) { return at::zeros(shape, at::kDouble); };
  const auto init = zeros({1, 2});
  CHECK_THAT(refusal({.count = 4, .init = zeros({3, 2})}),
             StartsWith("init: must be float64 of shape [count, *shape]"));
  CHECK_THAT(refusal({.count = 4, .init = zeros({4})}), StartsWith("init: must be"));
  CHECK_THAT(refusal({.count = 4, .init = init / 0.}), StartsWith("init: row 0 is not finite"));
  for (const double strength : {0., -.5, 1.1, std::nan("")})
    CHECK_THAT(refusal({.count = 4, .init = init, .strength = strength}),
               StartsWith("strength: must be above 0 and at most 1, got "));
  CHECK_THAT(refusal({.count = 4, .strength = .5}), StartsWith("strength: needs init"));
  CHECK_THAT(refusal({.count = 4, .mask = zeros({2})}), StartsWith("mask: needs init"));
  CHECK_THAT(refusal({.count = 4, .init = init, .mask = zeros({1, 2})}),
             StartsWith("mask: must be float64 of the shape"));
  CHECK_THAT(refusal({.count = 4, .init = init, .mask = zeros({2}) + .5}), StartsWith("mask: must be 1 where"));
  CHECK_THAT(refusal({.count = 4, .interpolate = 1}), StartsWith("interpolate: must be 2"));
  CHECK_THAT(refusal({.count = 4, .noise = zeros({4, 2}), .interpolate = 4}), StartsWith("noise: must be float64"));

  SamplerOptions coarse = on_grid(Method::euler, 2);
  coarse.steps->sigmas = {80, 1};
  CHECK_THROWS_WITH(Sampler(test::ring(), test::range(), coarse).sample({.count = 4, .init = init, .strength = .1}),
                    StartsWith("strength: starts at sigma "));
}
