/// Labels, guidance and thresholds of a network, and options that contradict each other.
#include "support/problems.hpp"

#include "support/refusal.hpp"

#include <shockstep/encoder.hpp>

#include <cmath>
#include <memory>

using namespace shockstep;

namespace {

/// Knows one datum per label, mu_l = (l, -l): D = mu_l. Counts the rows it sees.
struct OnePointPerLabel {
  std::shared_ptr<std::int64_t> rows = std::make_shared<std::int64_t>(0);

  at::Tensor operator()(const at::Tensor& x, const at::Tensor&, const at::Tensor& label) const {
    *rows += x.size(0);
    const auto l = label.to(x.scalar_type());
    return at::stack({l, -l}, 1);
  }
};

NetworkOptions labelled(std::vector<std::int64_t> labels) {
  return {.shape = {2}, .labels = std::move(labels), .dtype = NetworkType::float64};
}

at::Tensor column(std::vector<double> l) {
  const auto t = at::tensor(l, at::kDouble);
  return at::stack({t, -t}, 1);
}

}  // namespace

TEST_CASE("One label is every trajectory's, a list has one for each") {
  const at::Tensor x = at::ones({3, 2}, at::kDouble), sigma = at::ones({3}, at::kDouble);
  const auto one = wrap_network(OnePointPerLabel(), labelled({7}), VarianceExploding{});
  CHECK(at::equal(one->denoise(x, sigma), column({7, 7, 7})));
  CHECK(one->conditions() == 0);

  const auto each = wrap_network(OnePointPerLabel(), labelled({4, 5, 6}), VarianceExploding{});
  CHECK(each->conditions() == 3);
  CHECK(at::equal(each->denoise_rows(x, sigma, at::tensor({2, 0, 4}, at::kLong)), column({6, 4, 5})));
  CHECK_THROWS_AS(each->denoise(x, sigma), ModelError);

  std::vector<std::int64_t> labels;
  for (std::int64_t i = 0; i < 50; ++i) labels.push_back(i * i % 11);
  const auto many = wrap_network(OnePointPerLabel(), labelled(labels), VarianceExploding{});
  SamplerOptions options = test::unguarded(1e-2, Final::denoise);
  for (const int batch : {7, 64}) {
    const auto samples = Sampler(many, VarianceExploding{}, options).sample({.count = 50, .batch = batch}).samples;
    for (std::int64_t i = 0; i < 50; ++i)
      CHECK(samples[i][0].item<double>() == static_cast<double>(labels[static_cast<std::size_t>(i)]));
  }
}

TEST_CASE("A trajectory does not depend on the labels of others") {
  // Gaussian of width 1/2 about mu_l: not solved in one step, so every step counts.
  const NetworkFunction gaussian = [](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& label) {
    const auto l = label.to(x.scalar_type()), mu = at::stack({l, -l}, 1);
    return mu + .25 / (.25 + sigma * sigma).unsqueeze(1) * (x - mu);
  };
  const auto options = test::unguarded(1e-3);
  const auto sample = [&](std::vector<std::int64_t> labels) {
    auto described = labelled(std::move(labels));
    described.data_std = 1;
    return Sampler(wrap_network(gaussian, described, VarianceExploding{}), VarianceExploding{}, options)
        .sample({.count = 30, .batch = 16})
        .samples;
  };
  std::vector<std::int64_t> mixed;
  for (std::int64_t i = 0; i < 30; ++i) mixed.push_back(i % 3);
  const auto of_mixed = sample(mixed);
  for (std::int64_t l = 0; l < 3; ++l) {
    const auto alone = sample({l});
    // The same operations on the same numbers: vector instructions may round their rests differently, 1e-16 each.
    for (std::int64_t i = l; i < 30; i += 3) CHECK(at::allclose(of_mixed[i], alone[i], 0, 1e-10));
  }
}

TEST_CASE("Guidance goes beyond the label, at one evaluation") {
  const double scale = GENERATE(0., .5, 1., 3.);
  OnePointPerLabel network;
  auto options = labelled({2, 5});
  options.guidance = Guidance{.scale = scale, .null_label = -1};
  const auto model = wrap_network(network, options, VarianceExploding{});
  const auto guided = [&](double l) { return -1 + scale * (l + 1); };
  CHECK(at::allclose(
      model->denoise_rows(at::ones({2, 2}, at::kDouble), at::ones({2}, at::kDouble), at::tensor({0, 1}, at::kLong)),
      column({guided(2), guided(5)}), 0, 1e-14));
  *network.rows = 0;
  SamplerOptions grid;
  grid.steps = FixedSteps{.count = 5};
  const Result result = Sampler(model, VarianceExploding{}, grid).sample({.count = 2, .batch = 2});
  CHECK(result.reports[0].evaluations == 5);
  CHECK(*network.rows == 5 * 2 * (scale == 1 ? 1 : 2));  // the null label is not asked where it does not count
}

TEST_CASE("Guidance of a prediction is that of its denoiser") {
  // D = 0 for the null label, D = x for label 1, told as noise (x - D)/sigma: guided D = 3 x.
  const NetworkFunction noise = [](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& label) {
    return x * (label == 0).unsqueeze(1) / sigma.unsqueeze(1);
  };
  auto options = labelled({1});
  options.predicts = Predicts::noise;
  options.guidance = Guidance{.scale = 3, .null_label = 0};
  const auto model = wrap_network(noise, options, VarianceExploding{});
  const auto x = at::tensor({1., -2., .5, 4.}, at::kDouble).reshape({2, 2});
  CHECK(at::allclose(model->denoise(x, at::tensor({.1, 10.}, at::kDouble)), 3 * x, 1e-14, 0));
}

TEST_CASE("A threshold bounds the denoised sample") {
  const NetworkFunction identity = [](const at::Tensor& x, const at::Tensor&, const at::Tensor&) { return x; };
  const auto x = at::tensor({.5, -3., 1., .5, .5, .25}, at::kDouble).reshape({2, 3}),
             sigma = at::ones({2}, at::kDouble);
  NetworkOptions options{.shape = {3}, .threshold = Threshold{.clip = 2}, .dtype = NetworkType::float64};
  CHECK(at::equal(wrap_network(identity, options, VarianceExploding{})->denoise(x, sigma), x.clamp(-2, 2)));
  // The median of |D| is 1 in the first row, .5 in the second, which is below clip: scaled, and left alone.
  options.threshold = Threshold{.clip = .75, .quantile = .5};
  const auto D = wrap_network(identity, options, VarianceExploding{})->denoise(x, sigma);
  CHECK(at::allclose(D, at::tensor({.375, -.75, .75, .5, .5, .25}, at::kDouble).reshape({2, 3}), 1e-15, 0));
}

TEST_CASE("A network is probed inside the range of its process only") {
  double least = 1e300, most = 0;
  const NetworkFunction network = [&](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor&) {
    least = std::min(least, sigma.min().item<double>()), most = std::max(most, sigma.max().item<double>());
    return at::zeros_like(x);
  };
  const NetworkOptions options{.shape = {3}, .dtype = NetworkType::float64};
  const auto range =
      GENERATE(VarianceExploding{.sigma_min = 2, .sigma_max = 9}, VarianceExploding{.sigma_min = .01, .sigma_max = .1},
               VarianceExploding{.sigma_min = .1, .sigma_max = 10});
  wrap_network(network, options, range);
  CHECK(least == most);
  CHECK(least == std::clamp(1., range.sigma_min, range.sigma_max));
}

TEST_CASE("Options that contradict each other are named") {
  const NetworkFunction network = [](const at::Tensor& x, const at::Tensor&, const at::Tensor&) { return x; };
  const auto says = [&](const NetworkOptions& options, const Process& process = VarianceExploding{}) {
    return test::refusal([&] { wrap_network(network, options, process); });
  };
  CHECK(says({.shape = {2}}) == "");
  CHECK(says({.shape = {2}, .predicts = Predicts::edm}) ==
        "model.data_std: missing; predicts: edm needs it, the sigma_data of the training");
  CHECK(says({.shape = {2}, .predicts = Predicts::edm, .scale_input = ScaleInput::process, .data_std = .5}) ==
        "model.scale_input: must be none, since predicts: edm scales its input by c_in");
  CHECK(says({.shape = {2}, .time = TimeInput::index}, FlowMatching{}) ==
        "model.time: is an index, but flow has continuous time here; give the process its steps or table, or take "
        "time: t");
  CHECK(says({.shape = {2}, .time = TimeInput::index_over_N}, linear_table()) == "");
  CHECK(says({.shape = {2}, .time_scale = 1000}) == "model.time_scale: is for time: t");
  CHECK(says({.shape = {2}, .guidance = Guidance{.scale = 3}}) ==
        "model.label: missing; model.guidance needs a label to guide to");
  CHECK(says({.shape = {2}, .threshold = Threshold{.clip = 0}}) == "model.threshold.clip: must be positive, got 0");
  CHECK(says({.shape = {2}, .threshold = Threshold{.quantile = 2}}) ==
        "model.threshold.quantile: must be from 0 to 1, got 2");
  CHECK(test::refusal([] { wrap_network({}, {.shape = {2}}, VarianceExploding{}); }) == "network: must be callable");
}

TEST_CASE("Encoding a datum takes its own label") {
  // A Gaussian of width 1/2 about mu_l: x - mu grows along the flow as the square root of 1/4 + sigma^2.
  const NetworkFunction gaussian = [](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& label) {
    const auto l = label.to(x.scalar_type()), mu = at::stack({l, -l}, 1);
    return mu + .25 / (.25 + sigma * sigma).unsqueeze(1) * (x - mu);
  };
  const VarianceExploding range{.sigma_min = .01, .sigma_max = 20};
  auto options = labelled({1, 3, 2});
  options.data_std = .5;
  const Encoder encoder(wrap_network(gaussian, options, range), range, test::unguarded(1e-6),
                        {.likelihood = Likelihood::exact, .add_noise = false});
  const auto x = column({.5, 2.5, 4}), mu = column({1, 3, 2});
  const auto encoded = encoder.encode({.data = x});
  const double v = .25 + 1e-4, grown = std::sqrt((.25 + 400) / v);
  CHECK(at::allclose(encoded.latents, (mu + grown * (x - mu)) / 20, 0, 1e-4));
  // The prior is about D(0, sigma_max) = mu (1 - 6e-4), with another's label it would be off by .05 and more.
  const auto square = (x - mu).pow(2).sum(1);
  for (std::int64_t i = 0; i < 3; ++i)
    CHECK(encoded.log_likelihood[static_cast<std::size_t>(i)] ==
          Approx(-.5 * square[i].item<double>() / v - std::log(2 * M_PI * v)).margin(2e-3));
  CHECK_THROWS_AS(encoder.encode({.data = column({1, 2, 3, 4})}), ConfigError);
}
