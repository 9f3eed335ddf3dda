/// What the engine does when things are not as they should be, and what it must never do.
#include "support/bluntness.hpp"
#include "support/problems.hpp"

#include <atomic>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

using namespace shockstep;

namespace {

/// The ring's denoiser with something done to its rows before or after.
template <class F>
ModelPtr disturbed(F disturb) {
  return make_model(
      [ring = test::ring(), disturb](const at::Tensor& x, const at::Tensor& sigma) {
        at::Tensor D = ring->denoise(x, sigma);
        disturb(x, sigma, D);
        return D;
      },
      {.shape = {2}, .data_std = .714});
}

}  // namespace

TEST_CASE("The model is never called outside its range, and the last call is at sigma_min exactly") {
  double lowest = 1e300, highest = 0;
  const auto model = disturbed([&](const at::Tensor&, const at::Tensor& sigma, at::Tensor&) {
    lowest = std::min(lowest, sigma.min().item<double>());
    highest = std::max(highest, sigma.max().item<double>());
  });
  for (const double sigma_min : {.01, .0123456789, 1. / 3}) {
    lowest = 1e300, highest = 0;
    SamplerOptions options;
    options.guard.profile = "pilot";
    Sampler(model, VarianceExploding{.sigma_min = sigma_min, .sigma_max = 77.7}, options).sample({.count = 100});
    CHECK(lowest == sigma_min);
    CHECK(highest == 77.7);
  }
}

TEST_CASE("A row that turns NaN ends with its status, and the others are unharmed") {
  const double bad = GENERATE(std::nan(""), std::numeric_limits<double>::infinity());
  // Rows in the right half plane go bad below sigma = 1.
  const auto model = disturbed([bad](const at::Tensor& x, const at::Tensor& sigma, at::Tensor& D) {
    D.index_put_({(x.select(1, 0) > .3).logical_and(sigma < 1)}, at::scalar_tensor(bad, at::kDouble));
  });
  const auto options = test::unguarded(1e-2);
  const Result harmed = Sampler(model, test::range(), options).sample({.count = 200, .batch = 64});
  const Result sound = Sampler(disturbed([](auto&&...) {}), test::range(), options).sample({.count = 200, .batch = 64});
  int non_finite = 0;
  for (std::int64_t i = 0; i < 200; ++i) {
    const auto& report = harmed.reports[static_cast<std::size_t>(i)];
    if (report.status == Status::non_finite) {
      ++non_finite;
      CHECK(harmed.samples[i].isnan().all().item<bool>());
    } else {
      CHECK(report.status == Status::ok);
      CHECK(at::equal(harmed.samples[i], sound.samples[i]));
    }
  }
  CHECK(non_finite > 50);
  CHECK(non_finite < 150);
  CHECK(harmed.statistics.count_by_status[static_cast<int>(Status::non_finite)] == non_finite);
}

TEST_CASE("A model that throws fails only the rows to blame") {
  const auto model = disturbed([](const at::Tensor& x, const at::Tensor& sigma, at::Tensor&) {
    if ((x.select(1, 1) > .3).logical_and(sigma < .5).any().item<bool>())
      throw std::runtime_error("no more\nsecond line");
  });
  const auto options = test::unguarded(1e-2);
  const Result harmed = Sampler(model, test::range(), options).sample({.count = 60, .batch = 16});
  const Result sound = Sampler(disturbed([](auto&&...) {}), test::range(), options).sample({.count = 60, .batch = 16});
  int failed = 0;
  for (std::int64_t i = 0; i < 60; ++i) {
    const bool down = harmed.reports[static_cast<std::size_t>(i)].status == Status::failed;
    failed += down;
    if (!down) CHECK(at::equal(harmed.samples[i], sound.samples[i]));
  }
  CHECK(failed > 10);
  CHECK(failed < 50);
  CHECK(harmed.statistics.first_failure == "no more");
}

TEST_CASE("A model that runs out of memory is called with fewer rows, and no row is lost") {
  std::int64_t most = 13, calls = 0;  // rows that the machine has room for
  const auto small = disturbed([&](const at::Tensor& x, const at::Tensor&, at::Tensor&) {
    if (x.size(0) > most) throw std::bad_alloc();
    ++calls;
  });
  const auto options = test::unguarded(1e-2);
  const Result result = Sampler(small, test::range(), options).sample({.count = 150, .batch = 50});
  const Result sound = Sampler(disturbed([](auto&&...) {}), test::range(), options).sample({.count = 150, .batch = 50});
  CHECK(at::equal(result.samples, sound.samples));
  CHECK(result.statistics.with(Status::ok) == 150);
  CHECK(result.statistics.reduced_batch == 13);  // 50, 25, 13
  CHECK(result.statistics.first_failure.empty());
  CHECK(sound.statistics.reduced_batch == 0);

  // What TorchScript makes of an allocator's exception is its sentence.
  const auto script = disturbed([](const at::Tensor& x, const at::Tensor&, at::Tensor&) {
    if (x.size(0) > 20) throw std::runtime_error("The following operation failed\nRuntimeError: CUDA out of memory.");
  });
  CHECK(Sampler(script, test::range(), options).sample({.count = 60, .batch = 33}).statistics.reduced_batch == 17);
  most = 0;
  CHECK_THROWS_WITH(Sampler(small, test::range(), options).sample({.count = 5}),
                    Catch::Matchers::Contains("out of memory with a single row"));
}

TEST_CASE("A source of work decides which trajectories are drawn") {
  class Odd final : public WorkSource {
   public:
    std::optional<std::int64_t> next() override {
      const std::int64_t i = next_.fetch_add(2);
      return i < 300 ? std::optional(i) : std::nullopt;
    }
    std::int64_t count() const override { return 150; }

   private:
    std::atomic<std::int64_t> next_{1};
  };
  Odd odd;
  const Sampler sampler(test::ring(), test::range(), test::unguarded(1e-2));
  const Result all = sampler.sample({.count = 300, .seed = 4});
  const Result some = sampler.sample({.count = 300, .seed = 4, .threads = 2, .work = &odd});
  CHECK(some.statistics.trajectories() == 150);
  for (std::int64_t i = 0; i < 300; ++i) {
    const auto& report = some.reports[static_cast<std::size_t>(i)];
    if (i % 2)
      CHECK((at::equal(some.samples[i], all.samples[i]) && report.status == Status::ok));
    else
      CHECK(report.status == Status::interrupted);
  }
}

TEST_CASE("What was prepared serves another sampler, to the last bit") {
  std::int64_t calls = 0;
  const auto model = disturbed([&](auto&&...) { ++calls; });
  SamplerOptions pilot, fitted = test::unguarded(1e-2);
  pilot.guard.profile = "pilot";
  fitted.steps = FixedSteps{.schedule = Schedule::fitted, .count = 6};
  for (const SamplerOptions& options : {pilot, fitted}) {
    const Sampler first(model, test::range(), options);
    const Result sound = first.sample({.count = 40});
    calls = 0;
    const Sampler second(model, test::range(), options, first.prepared());
    CHECK(calls == 0);
    CHECK(to_json(second.profile()) == to_json(first.profile()));
    CHECK(second.fitted().has_value() == first.fitted().has_value());
    CHECK(at::equal(second.sample({.count = 40}).samples, sound.samples));
  }
}

namespace {

/// Every trajectory has its own datum, the only one it knows: D = y_i, so its sample is y_i = (i, -i) exactly.
struct OnePointEach final : ScoreModel {
  std::int64_t conditions_ = 0;
  bool throws = false;
  std::vector<std::int64_t> shape_{2};

  at::Tensor denoise(const at::Tensor&, const at::Tensor&) const override {
    throw ModelError("needs the trajectories of its rows");
  }
  at::Tensor denoise_rows(const at::Tensor&, const at::Tensor&, const at::Tensor& trajectory) const override {
    if (throws && (trajectory == 13).any().item<bool>()) throw std::runtime_error("unlucky");
    const at::Tensor i = trajectory.to(at::kDouble);
    return at::stack({i, -i}, 1);
  }
  std::int64_t conditions() const override { return conditions_; }
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  double data_std() const override { return 1; }
  std::string describe() const override { return "one point each"; }
};

}  // namespace

TEST_CASE("A row carries the index of its trajectory, whatever batch it travels in") {
  auto model = std::make_shared<OnePointEach>();
  model->throws = GENERATE(false, true);  // true: the rows of a batch with trajectory 13 are tried one by one
  SamplerOptions adaptive = test::unguarded(1e-2, Final::denoise), grid = adaptive;
  grid.steps = FixedSteps{.count = 7};
  for (const SamplerOptions& options : {adaptive, grid}) {
    const Result result = Sampler(model, test::range(), options).sample({.count = 40, .first = 5, .batch = 16});
    for (std::int64_t k = 0; k < 40; ++k) {
      const auto i = static_cast<double>(k + 5);
      if (model->throws && k + 5 == 13)
        CHECK(result.reports[static_cast<std::size_t>(k)].status == Status::failed);
      else
        CHECK(at::equal(result.samples[k], at::tensor({i, -i}, at::kDouble)));
    }
  }
}

TEST_CASE("A fitted schedule keeps the conditions of its pilot's trajectories") {
  SamplerOptions options;
  options.method = Method::dpmpp_2m;
  options.steps = FixedSteps{.schedule = Schedule::fitted, .count = 4};
  const auto fitted = calibrate_schedule(*std::make_shared<OnePointEach>(), test::range(), options);
  CHECK(fitted.error.rms == 0);  // with another's condition it would be off by whole numbers
  CHECK(fitted.held_out > 0);
}

TEST_CASE("No more trajectories than there are conditions") {
  auto model = std::make_shared<OnePointEach>();
  model->conditions_ = 10;
  const Sampler sampler(model, test::range(), test::unguarded(1e-2));
  CHECK_NOTHROW(sampler.sample({.count = 10}));
  CHECK_THROWS_WITH(
      sampler.sample({.count = 11}),
      "model.label: is a list of 10, one per trajectory, but 11 are asked for; lengthen it, or give one label "
      "for all");
  CHECK_THROWS_AS(sampler.sample({.count = 2, .first = 9}), ConfigError);
}

TEST_CASE("A model that returns another shape, or nothing, is refused") {
  for (const auto& wrong :
       {Denoiser([](const at::Tensor& x, const at::Tensor&) { return at::zeros({x.size(0), 3}, at::kDouble); }),
        Denoiser([](const at::Tensor&, const at::Tensor&) { return at::Tensor(); })})
    CHECK_THROWS_AS(Sampler(make_model(wrong, {.shape = {2}, .data_std = 1}), test::range(), test::unguarded(1e-2))
                        .sample({.count = 3}),
                    ModelError);
}

TEST_CASE("max_evaluations is never exceeded and every sample is finite") {
  const int budget = GENERATE(2, 3, 7, 12, 20, 40);
  const bool guard = GENERATE(false, true);
  CAPTURE(budget, guard);
  SamplerOptions options = test::unguarded(1e-3);
  options.guard.enabled = guard;
  options.max_evaluations = budget;
  const Result result = Sampler(test::ring(), test::range(), options).sample({.count = 200});
  CHECK(result.statistics.evaluations_max <= budget);
  CHECK(result.samples.isfinite().all().item<bool>());
  const auto ok = result.statistics.count_by_status[static_cast<int>(Status::ok)];
  const auto spent = result.statistics.count_by_status[static_cast<int>(Status::budget)];
  CHECK(ok + spent == 200);
  if (budget > 20) return;  // this tolerance takes about 40 evaluations
  if (!guard) CHECK(spent == 200);
  // The guard's pilot knows that, and loosens the steps: ok is what its estimate says is within the tolerance.
  for (const auto& report : result.reports)
    if (guard && report.status == Status::ok) CHECK((report.error_estimate > 0 && report.error_estimate <= 1e-3));
}

TEST_CASE("An estimate is honest where max_evaluations does not allow the tolerance") {
  // Conformal: 97 % on average over pilots; the 5 % quantile of Beta(33, 1), the coverage of one pilot's largest error, is
  // .913. The tolerance alone would take hundreds of evaluations.
  const int budget = GENERATE(20, 40);
  SamplerOptions options;
  options.tolerance = 1e-5;
  options.final = Final::keep;
  options.max_evaluations = budget;
  const Sampler sampler(test::ring(), test::range(), options);
  CHECK(sampler.profile().high_error > 1e-5);
  CHECK(sampler.profile().high_error < .714);  // the data's own spread, which says nothing of a sample
  const Result result = sampler.sample({.count = 500});
  CHECK(result.statistics.evaluations_max <= budget);
  SamplerOptions fine = test::unguarded(1e-9, Final::keep);
  fine.order = 5;
  fine.max_evaluations = 100000;
  const at::Tensor exact = Sampler(test::ring(), test::range(), fine).sample({.count = 500}).samples;
  const at::Tensor errors = (result.samples - exact).pow(2).mean(1).sqrt();
  int covered = 0;
  for (std::int64_t i = 0; i < 500; ++i)
    covered += result.reports[static_cast<std::size_t>(i)].error_estimate >= errors[i].item<double>();
  CHECK(covered >= .913 * 500);
  CHECK(test::bluntness(errors, result.reports) < test::bluntest);
}

TEST_CASE("denoise returns D at the end of the trajectory that keep returns") {
  // D is taken at the predicted end; J < 1 there, so it differs from D at the corrected end by less than the last step's
  // error, which is within its tolerance 1e-3 (1 + sigma_min/data_std).
  const auto model = std::dynamic_pointer_cast<const GaussianMixture>(test::ring());
  const at::Tensor kept = Sampler(model, test::range(), test::unguarded(1e-3)).sample({.count = 200}).samples;
  const at::Tensor denoised =
      Sampler(model, test::range(), test::unguarded(1e-3, Final::denoise)).sample({.count = 200}).samples;
  const at::Tensor D = model->denoise(kept, at::full({200}, .01, at::kDouble));
  CHECK((denoised - D).pow(2).mean(1).sqrt().max().item<double>() < 1e-3 * (1 + .01 / .714));
  CHECK((denoised - kept).abs().max().item<double>() > 1e-4);  // or the two are the same thing
}

TEST_CASE("A rejected step is counted and changes nothing") {
  // A D that jumps in sigma cannot be predicted: steps across the jump are rejected until they are short.
  class Steps final : public Observer {
   public:
    bool wants_steps(std::int64_t) const override { return true; }
    void step(const StepRecord& r) override {
      if (r.accepted)
        ++accepted, last = r.lam + r.h;
      else
        ++rejected;
      if (r.pass == 1 && r.lam < before) monotone = false;
      if (!r.accepted && r.error <= r.tolerance) consistent = false;
      before = r.lam;
    }
    int accepted = 0, rejected = 0;
    double before = -1e300, last = 0;
    bool monotone = true, consistent = true;
  } steps;
  const auto model = disturbed([](const at::Tensor&, const at::Tensor& sigma, at::Tensor& D) {
    D += (sigma < 1).to(at::kDouble).unsqueeze(1) * .3;
  });
  const Result r = Sampler(model, test::range(), test::unguarded(1e-3)).sample({.count = 1, .observer = &steps});
  CHECK(steps.rejected > 0);
  CHECK(steps.rejected == r.reports[0].rejected);
  CHECK(steps.accepted == r.reports[0].accepted);
  CHECK(r.reports[0].evaluations == 1 + steps.accepted + steps.rejected);
  CHECK(steps.monotone);
  CHECK(steps.consistent);
  CHECK(steps.last == Approx(-std::log(.01)).epsilon(1e-14));
}

TEST_CASE("An observer sees every trajectory once, progress up to 1, and may cancel") {
  class Watcher final : public Observer {
   public:
    void finished(const TrajectoryReport& report, std::span<const double> sample) override {
      seen.insert(report.trajectory);
      CHECK(sample.size() == 2);
      if (limit && static_cast<int>(seen.size()) >= limit) stop = true;
    }
    void progress(double share) override { CHECK((share >= 0 && share <= 1)); }
    bool cancelled() const override { return stop; }
    std::set<std::int64_t> seen;
    int limit = 0;
    std::atomic<bool> stop{false};
  };
  const Sampler sampler(test::ring(), test::range(), test::unguarded(1e-2));
  Watcher all;
  sampler.stream({.count = 500, .observer = &all});
  CHECK(all.seen.size() == 500);
  Watcher some;
  some.limit = 40;
  const Result result = sampler.sample({.count = 5000, .observer = &some});
  const auto interrupted = std::count_if(result.reports.begin(), result.reports.end(),
                                         [](const auto& r) { return r.status == Status::interrupted; });
  CHECK(interrupted > 0);
  for (std::int64_t i = 0; i < 5000; ++i)
    CHECK(result.samples[i].isnan().any().item<bool>() ==
          (result.reports[static_cast<std::size_t>(i)].status == Status::interrupted));
}

TEST_CASE("A pilot and a fit can be cancelled, too") {
  class Impatient final : public Observer {
   public:
    bool cancelled() const override { return true; }
  } observer;
  CHECK_THROWS_AS(Sampler(test::ring(), test::range(), {}, &observer), Cancelled);
  CHECK_THROWS_AS(
      Sampler(test::ring(), test::range(), {.steps = FixedSteps{.schedule = Schedule::fitted, .count = 8}}, &observer),
      Cancelled);
  CHECK_NOTHROW(Sampler(test::ring(), test::range(), test::unguarded(1e-2), &observer));  // measures nothing
}

TEST_CASE("Starting latents are used as given; NaN and a wrong shape are refused") {
  const Sampler sampler(test::ring(), test::range(), test::unguarded(1e-3));
  auto noise = at::zeros({4, 2}, at::kDouble);
  noise[0][0] = 1., noise[1][0] = -1., noise[2][1] = 1., noise[3][1] = -1.;
  const at::Tensor x = sampler.sample({.count = 4, .noise = noise}).samples;
  // The ring has the symmetry of the four starts: a quarter turn maps one trajectory to the next.
  CHECK(std::abs(x[0][0].item<double>() + x[1][0].item<double>()) < 1e-10);
  CHECK(std::abs(x[0][0].item<double>() - x[2][1].item<double>()) < 1e-10);
  CHECK(std::abs(x[0][0].item<double>() - 1) < .5);  // near the mode it began beside, five of its widths
  CHECK_THROWS_WITH(sampler.sample({.count = 3, .noise = noise}), Catch::Contains("noise: must be float64 of shape"));
  noise[2][0] = std::nan("");
  CHECK_THROWS_WITH(sampler.sample({.count = 4, .noise = noise}), "noise: row 2 is not finite");
}

TEST_CASE("Wrong settings are refused by name") {
  const auto make = [](auto change) {
    SamplerOptions o;
    change(o);
    Sampler(test::ring(), test::range(), o);
  };
  CHECK_THROWS_WITH(make([](auto& o) { o.tolerance = 0; }), Catch::Contains("sampler.tolerance: must be positive"));
  CHECK_THROWS_WITH(make([](auto& o) { o.order = 6; }),
                    Catch::Contains("sampler.order: must be 1 to 5, or 0 for auto, got 6"));
  CHECK_THROWS_WITH(make([](auto& o) { o.max_evaluations = 1; }), Catch::Contains("sampler.max_evaluations"));
  CHECK_THROWS_WITH(make([](auto& o) { o.guard.profile = "nowhere.json"; }), Catch::Contains("nowhere.json"));
  CHECK_THROWS_AS(Sampler(test::ring(), VarianceExploding{.sigma_min = 2, .sigma_max = 1}), ConfigError);
  CHECK_THROWS_AS(Sampler(test::ring(), test::range()).sample({.count = 0}), ConfigError);
}

TEST_CASE("A sampler may be used from several threads at once") {
  const Sampler sampler(test::ring(), test::range(), test::unguarded(1e-2));
  const at::Tensor one = sampler.sample({.count = 200, .seed = 1}).samples,
                   two = sampler.sample({.count = 200, .seed = 2}).samples;
  at::Tensor a, b;
  std::thread other([&] { a = sampler.sample({.count = 200, .seed = 1}).samples; });
  b = sampler.sample({.count = 200, .seed = 2}).samples;
  other.join();
  CHECK(at::equal(a, one));
  CHECK(at::equal(b, two));
}
