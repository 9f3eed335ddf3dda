#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/models/multiplicative.hpp>

#include <ATen/ATen.h>

#include <memory>

using namespace shockstep;

TEST_CASE("a multiplicative score is the field's at sigma_0 over a power of sigma", "[multiplicative]") {
  const double power = GENERATE(0., 1., 2., .5);
  const double sigma0 = .3;
  const auto means = at::tensor({-1., .5, 1., .2}, at::kDouble).view({2, 2});
  const auto field =
      std::make_shared<GaussianMixture>(GaussianMixtureOptions{.means = means, .stds = at::full({1}, .2, at::kDouble)});
  const Multiplicative model(field, {.sigma = sigma0, .power = power});
  const auto x = at::linspace(-2, 2, 100, at::kDouble).view({50, 2}), sigma = at::logspace(-2, 1, 50, 10, at::kDouble);
  const auto at0 = at::full({50}, sigma0, at::kDouble);
  const auto D = model.denoise(x, sigma);

  // D - x = sigma^2 f/sigma^power, f = sigma_0^power s_0: both sides are a few roundings of numbers of the size of D and x.
  const auto f = field->score(x, at0) * std::pow(sigma0, power);
  const auto drift = (sigma.square() / sigma.pow(power)).unsqueeze(1) * f;
  CHECK(((D - x - drift).abs() / (x.abs() + drift.abs() + 1)).max().item<double>() < 1e-14);

  CHECK(((model.denoise(x, at0) - field->denoise(x, at0)).abs() / (1 + x.abs())).max().item<double>() < 1e-15);
  for (int i = 0; i < 50; ++i)
    REQUIRE(at::equal(model.denoise(x.narrow(0, i, 1), sigma.narrow(0, i, 1)), D.narrow(0, i, 1)));
  CHECK(at::equal(model.denoise_rows(x, sigma, at::arange(50)), D));
  CHECK(model.exact());
  CHECK(model.shape() == field->shape());
}

TEST_CASE("wrong settings of a multiplicative score are named", "[multiplicative]") {
  const auto field = std::make_shared<GaussianMixture>(
      GaussianMixtureOptions{.means = at::zeros({1, 1}, at::kDouble), .stds = at::ones({1}, at::kDouble)});
  CHECK_THROWS_WITH(Multiplicative(nullptr, {}), "field: missing; a model whose score at one sigma is f");
  CHECK_THROWS_WITH(Multiplicative(field, {.sigma = 0}), "field.sigma: must be positive, got 0");
  CHECK_THROWS_WITH(Multiplicative(field, {.power = INFINITY}), "power: must be from -100 to 100, got inf");
}
