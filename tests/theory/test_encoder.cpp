/// Upwards and down again, and the density along the way, against exact mixtures.
#include "support/problems.hpp"

#include <shockstep/encoder.hpp>

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

using namespace shockstep;

namespace {

constexpr std::int64_t count = 400;

SamplerOptions tolerance(double value) {
  SamplerOptions options;
  options.tolerance = value;
  options.final = Final::keep;
  options.guard.events = false;
  return options;
}

/// States at sigma_min as the model has them.
at::Tensor data(const ModelPtr& model) {
  return Sampler(model, test::range(), tolerance(1e-8)).sample({.count = count, .seed = 3}).samples;
}

double quantile_of(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size()))];
}

}  // namespace

TEST_CASE("Data to latents to data: within ten tolerances for 99 %") {
  for (const auto& model : {test::two_modes(), test::ring(), test::hundred_modes()}) {
    const at::Tensor x = data(model);
    for (const double tol : {1e-2, 1e-4}) {
      CAPTURE(model->describe(), tol);
      const Encoder encoder(model, test::range(), tolerance(tol), {.likelihood = Likelihood::off, .add_noise = false});
      const EncodeResult up = encoder.encode({.data = x});
      CHECK(up.statistics.count_by_status[0] == count);
      const at::Tensor back =
          Sampler(model, test::range(), tolerance(tol)).sample({.count = count, .noise = up.latents}).samples;
      const at::Tensor error = (back - x).pow(2).mean(1).sqrt();
      CHECK(error.lt(10 * tol).sum().item<double>() >= .99 * count);
      // One latent of unit variance per coordinate: the mean square over `count` rows has a relative spread of sqrt(2/n).
      const double n = static_cast<double>(x.numel());
      CHECK(std::abs(up.latent_rms() - 1) < 4 * std::sqrt(.5 / n) + 1e-3);
    }
  }
}

TEST_CASE("ln p is that of the mixture at sigma_min: to 1e-6 with every coordinate") {
  for (const auto& model : {test::two_modes(), test::ring()}) {
    CAPTURE(model->describe());
    const at::Tensor x = data(model);
    const auto& mixture = dynamic_cast<const GaussianMixture&>(*model);
    const at::Tensor exact = mixture.log_density(x, at::full({count}, .01, at::kDouble));
    SamplerOptions options = tolerance(1e-8);
    options.max_evaluations = 100000;
    const Encoder encoder(model, test::range(), options, {.likelihood = Likelihood::exact, .add_noise = false});
    const EncodeResult up = encoder.encode({.data = x});
    std::vector<double> errors;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto k = static_cast<std::size_t>(i);
      errors.push_back(std::abs(up.log_likelihood[k] - exact[i].item<double>()));
      CHECK(up.standard_error[k] == 0);
    }
    CAPTURE(quantile_of(errors, .5), quantile_of(errors, .99), up.statistics.mean(up.statistics.evaluations));
    CHECK(quantile_of(errors, .999) < 1e-6);
  }
}

TEST_CASE("Hutchinson's ln p is unbiased and its standard error is right") {
  const auto model = test::hundred_modes();
  const at::Tensor x = data(model);
  const auto& mixture = dynamic_cast<const GaussianMixture&>(*model);
  const at::Tensor exact = mixture.log_density(x, at::full({count}, .01, at::kDouble));
  SamplerOptions options = tolerance(1e-6);
  options.max_evaluations = 100000;
  const Encoder encoder(model, test::range(), options,
                        {.likelihood = Likelihood::hutchinson, .probes = 8, .add_noise = false});
  const EncodeResult up = encoder.encode({.data = x});
  double sum = 0, square = 0, variance = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double error = up.log_likelihood[k] - exact[i].item<double>();
    sum += error;
    square += error * error;
    variance += up.standard_error[k] * up.standard_error[k];
  }
  // Pooled: row by row the error of eight skewed draws and their spread are not independent. The ratio of two sums of 400
  // squares of such draws is uncertain by about sqrt(2 (10 - 1)/400) at a kurtosis of 10.
  CAPTURE(sum / std::sqrt(variance), square / variance);
  CHECK(std::abs(sum) < 4 * std::sqrt(variance));
  CHECK(std::abs(square / variance - 1) < 2 * std::sqrt(18. / count));
}

TEST_CASE("A datum alone is what it is in a batch, and in any batch") {
  const auto model = test::ring();
  const at::Tensor x = data(model);
  const Encoder encoder(model, test::range(), tolerance(1e-3));
  const EncodeResult all = encoder.encode({.data = x, .seed = 5}),
                     small = encoder.encode({.data = x, .seed = 5, .batch = 7, .threads = 1}),
                     one = encoder.encode({.data = x.narrow(0, 37, 1), .first = 37, .seed = 5});
  CHECK(at::equal(all.latents, small.latents));
  CHECK(all.log_likelihood == small.log_likelihood);
  CHECK(at::equal(all.latents.narrow(0, 37, 1), one.latents));
  CHECK(all.log_likelihood[37] == one.log_likelihood[0]);
}

TEST_CASE("The budget holds on the way up too") {
  const auto model = test::ring();
  SamplerOptions options = tolerance(1e-6);
  options.max_evaluations = 60;
  const Encoder encoder(model, test::range(), options, {.likelihood = Likelihood::exact});
  const EncodeResult up = encoder.encode({.data = data(model)});
  for (const auto& report : up.reports) {
    CHECK(report.evaluations - report.probes <= 60);
    CHECK(report.probes == 2 * 2 * (report.accepted + 1));  // both sides along both coordinates, at every node
    CHECK((report.status == Status::ok || report.status == Status::budget));
  }
  CHECK(up.latents.isfinite().all().item<bool>());
}

TEST_CASE("The default budget suffices for the likelihood that is the default") {
  const at::Tensor means = at::zeros({3, 16}, at::kDouble);
  means.select(0, 1).fill_(2);
  means.select(0, 2).narrow(0, 0, 8).fill_(-2);
  const auto model =
      std::make_shared<GaussianMixture>(GaussianMixtureOptions{.means = means, .stds = at::full({3}, .5, at::kDouble)});
  const Process process = VarianceExploding{.sigma_min = .01, .sigma_max = 80};
  const at::Tensor x = model->draw(40, .01, 1);
  const EncodeResult up = Encoder(model, process, tolerance(1e-3), {.add_noise = false}).encode({.data = x});
  const at::Tensor exact = model->log_density(x, at::full({40}, .01, at::kDouble));
  for (std::size_t i = 0; i < 40; ++i) {
    CHECK(up.reports[i].status == Status::ok);
    // Each interval of the integral is within volume_aim of d tolerance/data_std; of some 60 intervals errors of either sign add up.
    CHECK(std::abs(up.log_likelihood[i] - exact[static_cast<std::int64_t>(i)].item<double>()) <
          .3 * 16 * 1e-3 / .5 * 8);
  }
}

TEST_CASE("What cannot be encoded is refused by name") {
  SamplerOptions grid;
  grid.steps = FixedSteps{};
  CHECK_THROWS_WITH(Encoder(test::ring(), test::range(), grid), Catch::Contains("sampler.steps"));
  CHECK_THROWS_WITH(Encoder(test::ring(), test::range(), {}, {.likelihood = Likelihood::hutchinson, .probes = 1}),
                    Catch::Contains("encode.probes"));
  CHECK_THROWS_WITH(Encoder(test::ring(), test::range()).encode({.data = at::full({4, 3}, 1., at::kDouble)}),
                    Catch::Contains("data"));
}
