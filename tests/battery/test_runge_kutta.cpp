/// Runge-Kutta methods under the engine: what holds for the multistep holds for them.
#include "support/methods.hpp"
#include "support/problems.hpp"

#include <shockstep/guard.hpp>

#include <boost/numeric/odeint/stepper/runge_kutta_cash_karp54.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

const std::vector<Method> methods = test::methods_that(test::of_runge_kutta);

SamplerOptions unguarded(Method method, double tolerance, Final final = Final::keep) {
  SamplerOptions o = test::unguarded(tolerance, final);
  o.method = method;
  return o;
}

}  // namespace

TEST_CASE("Each Runge-Kutta method reaches the end point of the flow") {
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  constexpr std::int64_t count = 256;
  constexpr double tolerance = 1e-4;
  SamplerOptions fine;
  fine.order = 5;
  fine.tolerance = 1e-9;
  fine.guard.profile = "default";
  fine.final = Final::keep;
  const Result exact = Sampler(test::ring(), test::range(), fine).sample({.count = count});
  const Result result = Sampler(test::ring(), test::range(), unguarded(method, tolerance)).sample({.count = count});
  const at::Tensor errors = (result.samples - exact.samples).pow(2).mean(1).sqrt();
  // Each step may be wrong by the tolerance times 1 + sigma/data_std, below 2 where the ring decides (sigma < .7); what is
  // made before grows by at most the exponential of the path's exponent.
  for (std::size_t i = 0; i < count; ++i) {
    const double bound = 2 * tolerance * result.reports[i].accepted * std::exp(exact.reports[i].exponent);
    CHECK(errors[static_cast<std::int64_t>(i)].item<double>() < bound);
  }
  CHECK(errors.median().item<double>() < tolerance);
}

TEST_CASE("Batch size changes no bit of a Runge-Kutta trajectory") {
  const Method method = GENERATE(from_range(methods));
  const bool guard = GENERATE(false, true);
  CAPTURE(name(method), guard);
  SamplerOptions options = unguarded(method, 1e-2, Final::denoise);
  options.guard.enabled = guard, options.guard.profile = "auto";
  options.guard.redo = Switch::on;
  const Sampler sampler(test::ring(), test::range(), options);
  const Result one = sampler.sample({.count = 300, .batch = 1}), many = sampler.sample({.count = 300, .batch = 64});
  CHECK(at::equal(one.samples, many.samples));
  bool same = true;
  for (std::size_t i = 0; i < one.reports.size(); ++i) same &= test::same_reports(one.reports[i], many.reports[i]);
  CHECK(same);
  if (guard) {
    CHECK(many.statistics.repeated > 0);
    CHECK(many.statistics.events > 0);
  }
}

TEST_CASE("Every evaluation of a Runge-Kutta trajectory is counted and lies in the range, whose end is met") {
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  std::int64_t calls = 0;
  double lowest = 1e300, highest = 0;
  const auto model = make_model(
      [&, ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma) {
        ++calls;
        lowest = std::min(lowest, sigma.min().item<double>());
        highest = std::max(highest, sigma.max().item<double>());
        return ring->denoise(x, sigma);
      },
      {.shape = {2}, .data_std = .714});
  for (const double sigma_min : {.01, .0123456789, 1. / 3}) {
    calls = 0, lowest = 1e300, highest = 0;
    const VarianceExploding range{.sigma_min = sigma_min, .sigma_max = 77.7};
    const Result r = Sampler(model, range, unguarded(method, 1e-2)).sample({.count = 20, .batch = 1});
    CHECK(lowest == sigma_min);
    CHECK(highest == 77.7);
    CHECK(calls == r.statistics.evaluations);
    for (const auto& report : r.reports)
      CHECK(report.evaluations == 1 + spec_of(method).evaluations() * (report.accepted + report.rejected));
  }
}

TEST_CASE("max_evaluations holds for steps of several evaluations") {
  const Method method = GENERATE(from_range(methods));
  const int budget = GENERATE(2, 3, 7, 12, 20, 40, 80, 150);
  const bool guard = GENERATE(false, true);
  CAPTURE(name(method), budget, guard);
  SamplerOptions options = unguarded(method, 1e-3);
  options.guard.enabled = guard;
  options.guard.profile = "default";
  options.max_evaluations = budget;
  const Result result = Sampler(test::ring(), test::range(), options).sample({.count = 100});
  CHECK(result.statistics.evaluations_max <= budget);
  CHECK(result.samples.isfinite().all().item<bool>());
  // The data lie within 1.5 of the origin. Landed by the multistep, samples are coarse, but no step of a Runge-Kutta
  // method is stretched beyond its stability, which would throw them out.
  if (budget >= 7) CHECK(result.samples.abs().max().item<double>() < 2);
  const auto ok = result.statistics.count_by_status[static_cast<int>(Status::ok)];
  const auto spent = result.statistics.count_by_status[static_cast<int>(Status::budget)];
  CHECK(ok + spent == 100);
}

TEST_CASE("denoise returns D at the very end point of a Runge-Kutta trajectory") {
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  const auto ring = test::ring();
  const at::Tensor kept = Sampler(ring, test::range(), unguarded(method, 1e-2)).sample({.count = 64}).samples;
  const at::Tensor denoised =
      Sampler(ring, test::range(), unguarded(method, 1e-2, Final::denoise)).sample({.count = 64}).samples;
  CHECK(at::equal(denoised, ring->denoise(kept, at::full({64}, .01, at::kDouble))));
}

TEST_CASE("A stage that is not finite ends its trajectory at once") {
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  bool bad = false, after = false;
  const auto model = make_model(
      [&, ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma) {
        after |= bad;
        at::Tensor D = ring->denoise(x, sigma);
        if (sigma.item<double>() < 1) D.fill_(std::nan("")), bad = true;
        return D;
      },
      {.shape = {2}, .data_std = .714});
  const Result r = Sampler(model, test::range(), unguarded(method, 1e-2)).sample({.count = 1, .batch = 1});
  CHECK(r.reports[0].status == Status::non_finite);
  CHECK(bad);
  CHECK_FALSE(after);
}

TEST_CASE("A guard profile is for the method it was rehearsed with") {
  SamplerOptions options;
  options.method = Method::bogacki_shampine;
  const GuardProfile profile = Sampler(test::ring(), test::range(), options).profile();
  CHECK(profile.method == Method::bogacki_shampine);
  const auto path =
      (std::filesystem::temp_directory_path() / ("shockstep_profile_" + std::to_string(getpid()))).string();
  std::ofstream(path) << to_json(profile);
  options.guard.profile = path;
  CHECK(Sampler(test::ring(), test::range(), options).profile().threshold == profile.threshold);
  options.method = Method::dopri5;
  CHECK_THROWS_WITH(Sampler(test::ring(), test::range(), options),
                    Catch::Contains("sampler.guard.profile: ") && Catch::Contains("method bogacki_shampine"));
  std::filesystem::remove(path);
}

TEST_CASE("A Runge-Kutta trajectory measures events at its nodes") {
  // The multistep takes about 42 steps at this tolerance, Fehlberg's method 9: windows between its nodes go unseen.
  const Method method = GENERATE(from_range(methods));
  CAPTURE(name(method));
  SamplerOptions options;
  options.tolerance = 1e-3;
  options.guard.measure_all = true;  // the multistep too, whose own way is to look at bursts alone
  const auto with_events = [&](Method m) {
    options.method = m;
    const Result r = Sampler(test::ring(), test::range(), options).sample({.count = 500});
    return static_cast<double>(
        std::count_if(r.reports.begin(), r.reports.end(), [](const auto& t) { return !t.events.empty(); }));
  };
  const double share = with_events(method) / with_events(Method::multistep);
  CHECK(share > (method == Method::fehlberg78 ? .75 : .92));
  CHECK(share < 1.08);
}

TEST_CASE("Steps longer than an interface lose no events: J is measured at the stages inside them") {
  SamplerOptions options;
  options.tolerance = 1e-3;
  const auto with_events = [&](Method method) {
    options.method = method;
    const Result r = Sampler(test::ring(), test::range(), options).sample({.count = 1000, .seed = 3});
    return static_cast<double>(
        std::ranges::count_if(r.reports, [](const TrajectoryReport& report) { return !report.events.empty(); }));
  };
  // The same starts decide whatever the method. Windows near the least exponent are taken by one and not by another: a
  // twentieth of them (docs/events.md), for each of the two. At the ends of steps alone fehlberg78 finds a fifth fewer.
  const double short_steps = with_events(Method::bogacki_shampine);
  CHECK(with_events(Method::fehlberg78) == Approx(short_steps).epsilon(.1));
}

TEST_CASE(
    "An error stepper of a program's own makes the trajectories of the method that ships, with guard and events") {
  using Numbers = std::vector<double>;
  namespace odeint = boost::numeric::odeint;
  const auto check = [](Method shipped, const AdaptiveMethod& own, bool guard) {
    CAPTURE(name(shipped), guard);
    SamplerOptions options = unguarded(shipped, 1e-2, Final::denoise);
    options.guard.enabled = guard;
    options.guard.redo = Switch::on;
    SamplerOptions with_own = options;
    with_own.method = Method::own;
    with_own.own_adaptive = own;
    const Result theirs = Sampler(test::ring(), test::range(), options).sample({.count = 200});
    const Result ours = Sampler(test::ring(), test::range(), with_own).sample({.count = 200, .batch = 7});
    // The sums of a tableau are odeint's, in its order: not a bit differs.
    CHECK(at::equal(theirs.samples, ours.samples));
    bool same = true;
    for (std::size_t i = 0; i < ours.reports.size(); ++i)
      same &= test::same_reports(theirs.reports[i], ours.reports[i]);
    CHECK(same);
    CHECK((ours.statistics.events > 0) == guard);
  };
  const bool guard = GENERATE(false, true);
  check(Method::cash_karp54, odeint_method<odeint::runge_kutta_cash_karp54<Numbers>>(5), guard);
  check(Method::dopri5, odeint_method<odeint::runge_kutta_dopri5<Numbers>>(6), guard);
}

TEST_CASE("What a program's own adaptive method lacks is named") {
  SamplerOptions options = unguarded(Method::own, 1e-2);
  const auto key = [&] {
    try {
      Sampler(test::ring(), test::range(), options);
    } catch (const ConfigError& error) {
      return error.key();
    }
    return std::string();
  };
  CHECK(key() == "sampler.own.step");
  options.own_adaptive = odeint_method<boost::numeric::odeint::runge_kutta_cash_karp54<std::vector<double>>>(0);
  CHECK(key() == "sampler.own_adaptive.slopes");
  options.own_adaptive.slopes = 5;
  options.own_adaptive.error_order = 0;
  CHECK(key() == "sampler.own_adaptive.error_order");
  options.own_adaptive.error_order = 4;
  CHECK(key().empty());
}
