/// Trajectory i depends on (settings, model, seed, i) alone: bit by bit for exact models.
#include "support/problems.hpp"

#include <atomic>
#include <optional>
#include <tuple>

using namespace shockstep;

namespace {

void check_independence(const ModelPtr& model, const SamplerOptions& options, std::int64_t count) {
  const Sampler sampler(model, test::range(), options);
  const Result one = sampler.sample({.count = count, .seed = 3, .batch = 256, .threads = 1});
  for (const auto& [batch, threads] : {std::tuple(1, 1), std::tuple(7, 1), std::tuple(7, 2), std::tuple(256, 2)}) {
    CAPTURE(batch, threads);
    const Result other = sampler.sample({.count = count, .seed = 3, .batch = batch, .threads = threads});
    CHECK(at::equal(one.samples, other.samples));
    bool reports = true;
    for (std::size_t i = 0; i < one.reports.size(); ++i)
      reports &= test::same_reports(one.reports[i], other.reports[i]);
    CHECK(reports);
  }
  // One trajectory alone is itself.
  const Result alone = sampler.sample({.count = 1, .first = count - 3, .seed = 3});
  CHECK(at::equal(alone.samples[0], one.samples[count - 3]));
  CHECK(test::same_reports(alone.reports[0], one.reports[static_cast<std::size_t>(count - 3)]));
}

}  // namespace

TEST_CASE("Batch size and threads change no bit, unguarded") {
  check_independence(test::ring(), test::unguarded(1e-2), 300);
  check_independence(test::two_modes(), test::unguarded(1e-4, Final::denoise), 300);
  check_independence(test::hundred_modes(), test::unguarded(1e-2), 150);
}

TEST_CASE("Batch size and threads change no bit, adaptive steps of the reverse SDE") {
  SamplerOptions options;
  options.dynamics = Dynamics::sde;
  options.tolerance = .05;
  check_independence(test::ring(), options, 300);
  options.eta = .3;
  check_independence(test::hundred_modes(), options, 150);
}

TEST_CASE("Batch size and threads change no bit, guarded, with events and repeated passes") {
  SamplerOptions options;
  options.guard.redo = Switch::on;
  check_independence(test::ring(), options, 300);
  check_independence(test::hundred_modes(), options, 150);
  const Result result = Sampler(test::ring(), test::range(), options).sample({.count = 300, .seed = 3});
  CHECK(result.statistics.repeated > 0);  // or the above has not tested them
  CHECK(result.statistics.events > 0);
}

TEST_CASE("Batch size and threads change no bit, fixed grids of the ODE and of the SDE") {
  for (const Method method : {Method::heun, Method::unipc, Method::multistep}) {
    SamplerOptions options;
    options.method = method;
    options.steps = FixedSteps{.count = 12};
    check_independence(test::ring(), options, 200);
  }
  for (const Method method : {Method::multistep, Method::ancestral, Method::dpmpp_3m_sde}) {
    SamplerOptions options;
    options.dynamics = Dynamics::sde;
    options.method = method;
    options.steps = FixedSteps{.schedule = Schedule::tapered, .count = 20};
    check_independence(test::hundred_modes(), options, 100);
  }
}

namespace {

/// Hands a range out in a scrambled order: i -> a i mod n, a and n without a common factor.
class Scrambled final : public WorkSource {
 public:
  Scrambled(std::int64_t count, std::int64_t factor) : count_(count), factor_(factor) {}
  std::optional<std::int64_t> next() override {
    const std::int64_t i = next_.fetch_add(1);
    return i < count_ ? std::optional(i * factor_ % count_) : std::nullopt;
  }
  std::int64_t count() const override { return count_; }

 private:
  std::int64_t count_, factor_;
  std::atomic<std::int64_t> next_{0};
};

}  // namespace

TEST_CASE("The order of work changes no bit") {
  SamplerOptions guarded, adaptive_sde, grid_sde;
  guarded.guard.redo = Switch::on;
  adaptive_sde.dynamics = grid_sde.dynamics = Dynamics::sde;
  adaptive_sde.tolerance = .05;
  grid_sde.steps = FixedSteps{.schedule = Schedule::tapered, .count = 20};
  for (const SamplerOptions& options : {guarded, test::unguarded(1e-2), adaptive_sde, grid_sde}) {
    const Sampler sampler(test::ring(), test::range(), options);
    const Result ordered = sampler.sample({.count = 300, .seed = 3});
    for (const std::int64_t factor : {7, 299}) {
      Scrambled work(300, factor);
      const Result other = sampler.sample({.count = 300, .seed = 3, .batch = 19, .threads = 2, .work = &work});
      CHECK(at::equal(ordered.samples, other.samples));
      bool reports = true;
      for (std::size_t i = 0; i < ordered.reports.size(); ++i)
        reports &= test::same_reports(ordered.reports[i], other.reports[i]);
      CHECK(reports);
      // Sums too, which the files have; NaN where nothing measures them.
      const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
      CHECK(same(ordered.statistics.drift, other.statistics.drift));
      CHECK(same(ordered.statistics.asymmetry, other.statistics.asymmetry));
    }
  }
}

TEST_CASE("Trajectory 977 alone is trajectory 977") {
  SamplerOptions guarded, sde;
  sde.dynamics = Dynamics::sde;
  sde.steps = FixedSteps{.schedule = Schedule::tapered, .count = 20};
  for (const SamplerOptions& options : {guarded, test::unguarded(1e-2), sde}) {
    const Sampler sampler(test::ring(), test::range(), options);
    const Result all = sampler.sample({.count = 1000, .seed = 8});
    const Result alone = sampler.sample({.count = 1, .first = 977, .seed = 8});
    CHECK(at::equal(alone.samples[0], all.samples[977]));
    CHECK(test::same_reports(alone.reports[0], all.reports[977]));
  }
}

TEST_CASE("The pilot's profile is the same whenever it is made") {
  const SamplerOptions options;
  const std::string first = to_json(Sampler(test::ring(), test::range(), options).profile());
  CHECK(first == to_json(Sampler(test::ring(), test::range(), options).profile()));
}

TEST_CASE("A network sees batches of one size, padded with rows of its own") {
  std::vector<std::int64_t> sizes;
  const auto ring = test::ring();
  const auto spy = make_model(
      [&](const at::Tensor& x, const at::Tensor& sigma) {
        sizes.push_back(x.size(0));
        CHECK(x.isfinite().all().item<bool>());
        return ring->denoise(x, sigma);
      },
      {.shape = {2}, .data_std = .7});
  Sampler(spy, test::range(), test::unguarded(1e-2)).sample({.count = 50, .batch = 32});
  CHECK(sizes.size() > 20);
  CHECK(std::all_of(sizes.begin(), sizes.end(), [](std::int64_t n) { return n == 32; }));
}

TEST_CASE("Finished rows leave and waiting ones enter: nearly every call is full") {
  std::int64_t calls = 0, rows = 0;
  const auto ring = test::ring();
  class Counting final : public ScoreModel {
   public:
    Counting(ModelPtr inner, std::int64_t& calls, std::int64_t& rows)
        : inner_(std::move(inner)), calls_(calls), rows_(rows) {}
    at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
      ++calls_;
      rows_ += x.size(0);
      return inner_->denoise(x, sigma);
    }
    const std::vector<std::int64_t>& shape() const override { return inner_->shape(); }
    double data_std() const override { return inner_->data_std(); }
    bool exact() const override { return true; }
    std::string describe() const override { return "counting"; }

   private:
    ModelPtr inner_;
    std::int64_t &calls_, &rows_;
  };
  const auto model = std::make_shared<Counting>(ring, calls, rows);
  const Result r =
      Sampler(model, test::range(), test::unguarded(1e-2)).sample({.count = 2000, .batch = 50, .threads = 1});
  CHECK(rows == r.statistics.evaluations);  // counted at the model call
  CHECK(calls == r.statistics.model_calls);
  CHECK(rows == r.statistics.model_rows);
  CHECK(50 * calls == r.statistics.model_capacity);
  // 2000 rows of about 22 evaluations at 50 a call: only the last trajectories leave gaps, at most one run's length of calls.
  CHECK(static_cast<double>(rows) / static_cast<double>(50 * calls) > 1 - 40. / static_cast<double>(calls));
}
