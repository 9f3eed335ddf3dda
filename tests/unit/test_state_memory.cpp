/// The state on the network's device, and batches of a network in flight: what a caller can tell of either. The device is the CPU here.
#include "support/problems.hpp"

#include "engine/engine.hpp"
#include "engine/tensor_block.hpp"
#include "support/refusal.hpp"

#include <ATen/Parallel.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>

using namespace shockstep;

namespace {

using Disturb = std::function<void(const at::Tensor& x)>;

/// The ring's denoiser as a network of doubles.
ModelPtr network(const Disturb& disturb = {}) {
  return wrap_network(
      [ring = test::ring(), disturb](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor&) {
        if (disturb) disturb(x);
        return ring->denoise(x.contiguous(), sigma.contiguous());
      },
      {.shape = {2}, .data_std = .714, .dtype = NetworkType::float64}, test::range());
}

SampleRequest request(StateMemory state, std::int64_t count = 40) {
  return {.count = count, .seed = 7, .batch = 16, .state = state};
}

Result draw(const ModelPtr& model, const SampleRequest& request, const SamplerOptions& options = {}) {
  return Sampler(model, test::range(), options).sample(request);
}

}  // namespace

TEST_CASE("Sums over coordinates are exact to a tree's rounding, and each row's bits are its own") {
  for (const std::int64_t d : {1, 2, 3, 7, 64, 1000}) {
    const at::Tensor values = at::empty({5, d}, at::kDouble);
    fill_normal({values.mutable_data_ptr<double>(), static_cast<std::size_t>(values.numel())}, 3, Stream::start, 0);
    const at::Tensor sums = folded(values.clone());
    REQUIRE(sums.sizes() == at::IntArrayRef({5}));
    for (std::int64_t i = 0; i < 5; ++i) {
      long double exact = 0, size = 0;
      for (std::int64_t j = 0; j < d; ++j) {
        const double value = values[i][j].item<double>();
        exact += value, size += std::abs(value);
      }
      // Each element passes ceil(log2 d) additions, of half a unit in the last place each.
      const double bound = std::ceil(std::log2(static_cast<double>(d))) * 0x1p-53 * static_cast<double>(size);
      CHECK(std::abs(sums[i].item<double>() - static_cast<double>(exact)) <= bound);
      CHECK(folded(values.narrow(0, i, 1).clone()).item<double>() == sums[i].item<double>());
    }
  }
}

TEST_CASE("A network's state on its device gives the samples of the host's") {
  const Method method = GENERATE(Method::multistep, Method::heun, Method::dpmpp_2m);
  const bool fixed = GENERATE(false, true);
  if (!fixed && method != Method::multistep) return;
  CAPTURE(name(method), fixed);
  SamplerOptions options{.method = method};
  if (fixed) options.steps = FixedSteps{.count = 12};
  const ModelPtr model = network();
  const Result host = draw(model, request(StateMemory::host), options),
               device = draw(model, request(StateMemory::device), options);
  // Rounding of 1e-16 of x up to 80, by less than 1e4 (test_state_on_tensors.cpp).
  CHECK(at::allclose(host.samples, device.samples, 0, 1e-10));
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(host.reports[i].evaluations == device.reports[i].evaluations);
    CHECK(host.reports[i].status == device.reports[i].status);
    CHECK(host.reports[i].events.size() == device.reports[i].events.size());
  }
  // For one batch the same bits, whoever is in it; and on the CPU auto is the host.
  const Result few = draw(model, request(StateMemory::device, 3), options);
  CHECK(at::equal(few.samples, device.samples.narrow(0, 0, 3)));
  CHECK(at::equal(draw(model, request(StateMemory::automatic), options).samples, host.samples));
}

TEST_CASE("A mask holds where the state is on the CPU's tensors") {
  SampleRequest masked = request(StateMemory::host);
  masked.init = at::ones({1, 2}, at::kDouble);
  masked.mask = at::tensor({1., 0.}, at::kDouble);
  const Result host = draw(network(), masked);
  masked.state = StateMemory::device;
  CHECK(at::allclose(draw(network(), masked).samples, host.samples, 0, 1e-10));
}

TEST_CASE("Of a network that throws the rows to blame fail where its state is on its device") {
  const auto bad = [](const at::Tensor& x) {
    if (at::any(x.select(1, 0) > 100).item<bool>()) throw std::runtime_error("too far right");
  };
  const Result host = draw(network(bad), request(StateMemory::host), test::unguarded(1e-2)),
               device = draw(network(bad), request(StateMemory::device), test::unguarded(1e-2));
  REQUIRE(host.statistics.with(Status::failed) > 0);
  REQUIRE(host.statistics.with(Status::ok) > 0);
  for (std::size_t i = 0; i < 40; ++i) CHECK(host.reports[i].status == device.reports[i].status);
}

TEST_CASE("A device that is full is asked for fewer rows, and no bit changes of a network that does not care") {
  const auto full = [](const at::Tensor& x) {
    if (x.size(0) > 7) throw std::runtime_error("CUDA out of memory. Tried to allocate 2.00 GiB\nand more lines");
  };
  const Result device = draw(network(full), request(StateMemory::device));
  CHECK(device.statistics.reduced_batch == 4);
  CHECK(device.statistics.with(Status::ok) == 40);
  CHECK(at::allclose(device.samples, draw(network(), request(StateMemory::device)).samples, 0, 1e-10));
}

TEST_CASE("A device that is lost ends the run in one line, once") {
  const StateMemory state = GENERATE(StateMemory::host, StateMemory::device);
  int calls = 0;
  bool lost = false;
  const ModelPtr model = network([&](const at::Tensor&) {
    calls += lost;
    if (lost) throw std::runtime_error("CUDA error: unspecified launch failure\nCompile with `TORCH_USE_CUDA_DSA`");
  });
  const Sampler sampler(model, test::range(), {});
  class Loses final : public Observer {
   public:
    explicit Loses(bool& lost) : lost_(lost) {}
    void finished(const TrajectoryReport&, std::span<const double>) override { lost_ = true, ++done; }
    int done = 0;

   private:
    bool& lost_;
  } observer(lost);
  SampleRequest asked = request(state);
  asked.observer = &observer;
  const std::string sentence = test::refusal([&] { sampler.sample(asked); });
  CHECK(sentence.starts_with("run.device: cpu failed: "));
  CHECK(sentence.find("unspecified launch failure") != sentence.npos);
  CHECK(sentence.find("--resume") != sentence.npos);
  CHECK(sentence.find('\n') == sentence.npos);
  CHECK(calls == 1);          // no row is tried alone
  CHECK(observer.done >= 1);  // what was done had been told
  CHECK(observer.done < 40);
}

TEST_CASE("A state of floats, for devices without doubles, agrees to their rounding") {
  Plan plan(test::range(), SamplerOptions{});
  plan.latents = [](std::int64_t i, std::span<double> out) {
    fill_normal(out, 5, Stream::start, static_cast<std::uint64_t>(i));
  };
  SamplerOptions options{.method = Method::dpmpp_2m};
  options.steps = FixedSteps{.count = 12};
  plan.way = GridRun{.grid = std::make_shared<const GridPlan>(make_grid_plan(test::range(), options)), .seed = 3};
  const ModelPtr model = wrap_network(
      [ring = test::ring()](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor&) {
        return ring->denoise(x.to(at::kDouble).contiguous(), sigma.to(at::kDouble).contiguous());
      },
      {.shape = {2}, .data_std = .714}, test::range());
  const auto run = [&](c10::ScalarType type) {
    std::vector<std::vector<double>> samples(40);
    run_engine({.model = *model,
                .plan = plan,
                .count = 40,
                .batch = 16,
                .finished =
                    [&](const Trajectory& t) {
                      samples[static_cast<std::size_t>(t.report().trajectory)].assign(t.sample().begin(),
                                                                                      t.sample().end());
                    },
                .tensors = c10::TensorOptions(type)});
    return samples;
  };
  const auto doubles = run(at::kDouble), floats = run(at::kFloat);
  // A rounding of a share of 6e-8 of x <= 300 shrinks with x; those at x of about 1 are amplified by less than 1e3.
  bool differ = false;
  for (std::size_t i = 0; i < 40; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      CHECK(floats[i][j] == Approx(doubles[i][j]).margin(1e-4));
      differ |= floats[i][j] != doubles[i][j];
    }
  CHECK(differ);
}

TEST_CASE("Two batches in flight are halves that take turns, and no bit changes") {
  const StateMemory state = GENERATE(StateMemory::host, StateMemory::device);
  std::atomic<int> inside{0}, most{0}, rows{0};
  const ModelPtr model = network([&](const at::Tensor& x) {
    most = std::max<int>(most, ++inside), rows = static_cast<int>(x.size(0));
    --inside;
  });
  SampleRequest asked = request(state);
  asked.in_flight = 2;
  const Result two = draw(model, asked);
  CHECK(rows == 8);
  CHECK(most == 1);
  CHECK(two.statistics.with(Status::ok) == 40);
  CHECK(two.statistics.worker_seconds <= 1.01 * two.statistics.wall_seconds);
  asked.in_flight = 1, asked.batch = 8;
  CHECK(at::equal(draw(model, asked).samples, two.samples));
  asked.in_flight = 3;
  CHECK(test::refusal([&] { draw(model, asked); }) == "run.in_flight: must be auto, 1 or 2, got 3");
}
