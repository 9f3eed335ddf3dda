/// Fitted schedules: what holds for every method, and that they gain where there is something to gain.
#include "support/problems.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

using namespace shockstep;

namespace {

SamplerOptions steps_of(Method method, int count, Final final = Final::denoise) {
  SamplerOptions options;
  options.method = method;
  options.final = final;
  options.steps = FixedSteps{.schedule = Schedule::fitted, .count = count};
  return options;
}

/// Another model, and the rows it was given.
class Counted final : public ScoreModel {
 public:
  explicit Counted(ModelPtr model) : model_(std::move(model)) {}
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    rows += x.size(0);
    return model_->denoise(x, sigma);
  }
  const std::vector<std::int64_t>& shape() const override { return model_->shape(); }
  double data_std() const override { return 0; }  // so that measuring it counts too
  bool exact() const override { return true; }
  std::string describe() const override { return model_->describe(); }

  mutable std::atomic<std::int64_t> rows{0};

 private:
  ModelPtr model_;
};

/// Error of samples from other starts than the pilot's: root mean square over coordinates, of each.
at::Tensor errors(const ModelPtr& model, const SamplerOptions& options) {
  SamplerOptions fine = test::unguarded(1e-9, options.final);
  fine.order = 5;
  fine.max_evaluations = 100000;
  const SampleRequest request{.count = 1000, .seed = 11};
  const at::Tensor exact = Sampler(model, test::range(), fine).sample(request).samples;
  return (Sampler(model, test::range(), options).sample(request).samples - exact).pow(2).mean(1).sqrt();
}

}  // namespace

TEST_CASE("A fitted schedule descends between the exact ends of the range, the same every time") {
  const auto [method, final] = GENERATE(table<Method, Final>({{Method::dpmpp_2m, Final::denoise},
                                                              {Method::dpmpp_2m, Final::keep},
                                                              {Method::multistep, Final::keep},
                                                              {Method::heun, Final::denoise}}));
  const int count = GENERATE(3, 8);
  CAPTURE(name(method), final == Final::keep, count);
  const VarianceExploding range{.sigma_min = .0123456789, .sigma_max = 77.7};
  const SamplerOptions options = steps_of(method, count, final);
  const FittedSchedule fitted = calibrate_schedule(*test::ring(), range, options);
  const bool one_more = final == Final::keep && method == Method::dpmpp_2m;
  CHECK(fitted.sigmas.size() == static_cast<std::size_t>(one_more ? count + 1 : count));
  CHECK(fitted.sigmas.front() == 77.7);
  CHECK(fitted.sigmas.back() == .0123456789);
  CHECK(std::is_sorted(fitted.sigmas.rbegin(), fitted.sigmas.rend()));
  CHECK(fitted.times == fitted.sigmas);  // the time of this process
  CHECK(std::ranges::adjacent_find(fitted.sigmas) == fitted.sigmas.end());
  CHECK(calibrate_schedule(*test::ring(), range, options).sigmas == fitted.sigmas);
}

TEST_CASE("Two steps leave nothing to fit: the better of the two schedules") {
  const FittedSchedule fitted = calibrate_schedule(*test::ring(), test::range(), steps_of(Method::multistep, 2));
  CHECK_FALSE(fitted.gained);
  CHECK(fitted.sigmas == std::vector<double>{80, .01});
  CHECK(fitted.error.rms == std::min(fitted.log_sigma.rms, fitted.karras.rms));
}

TEST_CASE("The evaluations of a fit are counted and bounded") {
  const int count = GENERATE(3, 10, 40);
  const std::int64_t most = GENERATE(9'000, 10'000, 30'000);
  CAPTURE(count, most);
  const Counted model(test::ring());
  const FittedSchedule fitted = calibrate_schedule(model, test::range(), steps_of(Method::dpmpp_2m, count), most);
  CHECK(fitted.evaluations == model.rows);
  CHECK(fitted.evaluations <= most);
  CHECK(fitted.rows >= 2 * fitted.held_out - 1);
}

TEST_CASE("An observer sees a fit grow, and may cancel it") {
  struct Watcher final : Observer {
    double last = 0, until = 2;
    void progress(double share) override {
      CHECK(share >= last);
      last = share;
    }
    bool cancelled() const override { return last > until; }
  } watcher;
  const auto options = steps_of(Method::dpmpp_2m, 8);
  const auto calibrate = [&] {
    return calibrate_schedule(*test::ring(), test::range(), options, fit_evaluations, &watcher);
  };
  CHECK(calibrate().sigmas == calibrate_schedule(*test::ring(), test::range(), options).sigmas);
  CHECK(watcher.last == 1);
  watcher.last = 0, watcher.until = .3;
  const FittedSchedule cancelled = calibrate();
  CHECK_FALSE(cancelled.complete);
  CHECK(cancelled.sigmas.empty());
  CHECK(watcher.last < .5);
}

TEST_CASE("A schedule is fitted to a method of the ODE") {
  auto options = steps_of(Method::multistep, 8);
  options.dynamics = Dynamics::sde;
  CHECK_THROWS_AS(calibrate_schedule(*test::ring(), test::range(), options), ConfigError);
}

TEST_CASE("A sampler fits before it samples, whatever the batch") {
  const Sampler sampler(test::ring(), test::range(), steps_of(Method::dpmpp_2m, 8));
  REQUIRE(sampler.fitted());
  CHECK(sampler.sigmas() == sampler.fitted()->sigmas);
  const Result one = sampler.sample({.count = 100, .seed = 3, .batch = 256});
  const Sampler again(test::ring(), test::range(), steps_of(Method::dpmpp_2m, 8));
  CHECK(at::equal(one.samples, again.sample({.count = 100, .seed = 3, .batch = 7}).samples));
  for (const auto& report : one.reports) CHECK(report.evaluations == 8);
}

TEST_CASE("A fitted schedule gains on trajectories it has not seen") {
  const auto model = GENERATE(test::two_modes(), test::ring());
  const Method method = GENERATE(Method::dpmpp_2m, Method::multistep);
  const int count = GENERATE(6, 10);
  CAPTURE(model->dimension(), name(method), count);
  SamplerOptions options = steps_of(method, count);
  const FittedSchedule schedule = calibrate_schedule(*model, test::range(), options);
  const at::Tensor fitted = errors(model, options);
  options.steps->schedule = Schedule::log_sigma;
  const at::Tensor straight = errors(model, options);
  CHECK(schedule.gained);
  // Three amplitudes, fitted to some 20 rows and found good on others: the median falls. The rms of 1000 rows is that
  // of the few at the wrong mode, 1.1 leaves room for a standard error of a tenth of it.
  CHECK(fitted.median().item<double>() < straight.median().item<double>());
  CHECK(fitted.pow(2).mean().sqrt().item<double>() < 1.1 * straight.pow(2).mean().sqrt().item<double>());
}

TEST_CASE("A schedule that cannot be fitted is refused by name") {
  CHECK_THROWS_WITH(calibrate_schedule(*test::ring(), test::range(), {}),
                    "sampler.steps.count: missing; a schedule is fitted for a number of steps");
  CHECK_THROWS_WITH(calibrate_schedule(*test::ring(), test::range(), steps_of(Method::euler, 100)),
                    Catch::Matchers::Matches(
                        "sampler\\.steps\\.count: a fitted schedule of 100 steps takes more than the 10000 evaluations "
                        "of a fit; set budget to [0-9]+ at least, take fewer steps, or log_sigma"));
  const auto broken = make_model([](const at::Tensor& x, const at::Tensor&) { return x * std::nan(""); },
                                 {.shape = {2}, .data_std = 1});
  CHECK_THROWS_AS(calibrate_schedule(*broken, test::range(), steps_of(Method::euler, 10)), ModelError);
}
