/// Networks that know whole times of a table only, made of an exact denoiser: recognised with the measurement's rows, and sampled at
/// those times.
#include "support/problems.hpp"

#include "process/whole_times.hpp"

#include <shockstep/model_scales.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

using namespace shockstep;

namespace {

using Rounding = std::function<double(double)>;

/// The noise that the ring's denoiser makes of x_t at the time that is left of the one it is told. `told`: all those times.
ModelPtr noise_at(const Rounding& left, const Process& process, const std::shared_ptr<std::vector<double>>& told) {
  const auto exact = test::ring();
  const auto times = std::make_shared<const WholeTimes>(process);
  NetworkOptions options{.shape = {2}, .predicts = Predicts::noise, .time = TimeInput::index};
  options.scale_input = ScaleInput::process, options.data_std = exact->data_std(), options.dtype = NetworkType::float64;
  return wrap_network(
      [=](const at::Tensor& x_t, const at::Tensor& time, const at::Tensor&) {
        at::Tensor sigma = at::empty_like(time);
        for (std::int64_t i = 0; i < time.numel(); ++i) {
          const double t = time[i].item<double>();
          told->push_back(t);
          sigma[i] = times->sigma(std::clamp(left(t), 0., 999.));
        }
        const at::Tensor x = x_t * (1 + sigma * sigma).sqrt().unsqueeze(1);
        return (x - exact->denoise(x, sigma)) / sigma.unsqueeze(1);
      },
      options, process);
}

double floor_of(double t) { return std::floor(t); }
double nearest(double t) { return std::round(t); }
double itself(double t) { return t; }

double off_whole(double time) { return std::abs(time - std::round(time)); }

}  // namespace

TEST_CASE("Nodes are moved to whole times of their own") {
  const Process process = linear_table();
  const WholeTimes times(process);
  CHECK((times.first() == 1 && times.last() == 998));
  const auto count = GENERATE(1, 7, 100, 998);
  std::vector<double> sigmas;  // evenly in ln sigma: at the low end far closer than whole times
  for (int i = 1; i <= count; ++i)
    sigmas.push_back(process.sigma_max() * std::pow(process.sigma_min() / process.sigma_max(), i / (count + 1.)));
  const auto moved = times.moved(sigmas);
  REQUIRE(moved.size() == sigmas.size());
  CHECK(std::ranges::is_sorted(moved, std::greater_equal<>()));
  CHECK(std::ranges::adjacent_find(moved) == moved.end());
  // A network that cuts off must not be told 41.9999999.
  for (const double sigma : moved)
    CHECK((off_whole(process.time(sigma)) < 2e-6 && process.time(sigma) >= std::round(process.time(sigma))));
  if (count == 7)
    for (std::size_t i = 0; i < 6; ++i) CHECK(std::abs(process.time(moved[i]) - process.time(sigmas[i])) < .500001);
  sigmas.resize(999, sigmas.back());
  CHECK(times.moved(sigmas) == sigmas);
}

TEST_CASE("From a whole time the next one is the nearest that can be") {
  const Process process = linear_table();
  const WholeTimes times(process);
  double lam = process.lam_begin();
  int steps = 0;
  for (; lam < process.lam_end(); ++steps) lam = times.lam_near(lam, lam);
  CHECK(steps == 999);
  CHECK(lam == process.lam_end());
}

TEST_CASE("A network that knows whole times only is recognised, and no other") {
  const Process process = linear_table();
  const auto told = std::make_shared<std::vector<double>>();
  for (const auto& [left, whole] : {std::pair<Rounding, bool>{floor_of, true}, {nearest, true}, {itself, false}}) {
    const MeasuredScales scales = measure_scales(*noise_at(left, process, told), process);
    CHECK(scales.whole_times == whole);
    CHECK(scales.roughness < 4e-4);  // as far behind the point each, so that none is seen as rough in time
    CHECK(scales.loss < 2);
    CHECK(scales.evaluations <= 64);
  }
  // Where time is continuous nothing is asked.
  CHECK_FALSE(measure_scales(*test::ring(), test::range()).whole_times);
}

TEST_CASE("Steps end at whole times, of a grid and of the default") {
  const Process process = linear_table();
  const auto told = std::make_shared<std::vector<double>>();
  const ModelPtr model = noise_at(floor_of, process, told);
  SamplerOptions options;
  options.tolerance = GENERATE(1e-1, 1e-3, 1e-6);
  if (GENERATE(false, true)) options.steps = FixedSteps{.schedule = Schedule::plan, .count = 30};
  const Sampler sampler(model, process, options);
  told->clear();
  const auto drawn = sampler.sample({.count = 3});
  CHECK(told->size() > 30);
  for (const double time : *told) CHECK(off_whole(time) < 2e-6);
  for (const auto& report : drawn.reports) CHECK(report.evaluations < 1000);
}

TEST_CASE("What a cut-off time costs is gone at whole times") {
  const Process process = linear_table();
  const auto told = std::make_shared<std::vector<double>>();
  const auto sample = [&](const Rounding& left, int count) {
    SamplerOptions options{.steps = FixedSteps{.schedule = Schedule::plan, .count = count}};
    return Sampler(noise_at(left, process, told), process, options).sample({.count = 24}).samples;
  };
  const auto rms = [](const at::Tensor& a, const at::Tensor& b) { return (a - b).pow(2).mean().sqrt().item<double>(); };
  const at::Tensor exact = sample(itself, 200);
  const double smooth = rms(sample(itself, 50), exact), cut = rms(sample(floor_of, 50), exact);
  // Half an index is .3 % of sigma and more; told the wrong one, samples would be off by about that, far above the error of 50 steps.
  CHECK(cut < 3 * smooth + 1e-4);
  CHECK(smooth < 1e-2);
}
