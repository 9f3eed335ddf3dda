// Samples an even mixture of two narrow modes at -1 and 1, once from a lambda and once from GaussianMixture.
#include <shockstep/shockstep.hpp>

#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>

namespace {

constexpr double mode_std = .1;

// D = E[x0 | x], from the closed form for modes at -1 and 1: each mode's shrunk towards x, weighted by tanh of their log ratio.
at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) {
  const at::Tensor noise = sigma.square().unsqueeze(1);
  const at::Tensor v = noise + mode_std * mode_std;
  return (noise * at::tanh(x / v) + mode_std * mode_std * x) / v;
}

int failures = 0;

void check(bool good, const char* what, double value) {
  std::printf("%s %s: %g\n", good ? "ok  " : "FAIL", what, value);
  failures += !good;
}

at::Tensor draw(const shockstep::ModelPtr& model) {
  const shockstep::Sampler sampler(model, shockstep::VarianceExploding{.sigma_min = .002, .sigma_max = 20},
                                   {.tolerance = 1e-3});
  const shockstep::Result result = sampler.sample({.count = 256, .seed = 7});
  const at::Tensor mode = result.samples.sign();
  // 256 fair coins: the mean is within .25 (four standard errors) for this seed or the sampler is wrong.
  check(std::abs(mode.mean().item<double>()) < .25, "balance of the modes", mode.mean().item<double>());
  const double spread = (result.samples - mode).square().mean().sqrt().item<double>();
  check(std::abs(spread / mode_std - 1) < .2, "spread about the modes", spread);
  const auto ok = result.statistics.count_by_status[static_cast<int>(shockstep::Status::ok)];
  check(ok == 256, "trajectories done", static_cast<double>(ok));
  return result.samples;
}

}  // namespace

int main() {
  const at::Tensor callable =
      draw(shockstep::make_model(denoise, {.shape = {1}, .data_std = std::sqrt(1 + mode_std * mode_std)}));
  const at::Tensor mixture = draw(std::make_shared<shockstep::GaussianMixture>(shockstep::GaussianMixtureOptions{
      .means = at::tensor({-1., 1.}, at::kDouble).unsqueeze(1), .stds = at::full({2}, mode_std, at::kDouble)}));
  // The same starts and the same exact field: the samples agree, up to the guard's choices, which differ between the two.
  const double apart = (callable - mixture).abs().median().item<double>();
  check(apart < 1e-2, "median distance between the two", apart);

  try {
    shockstep::make_model(denoise, {});
    check(false, "an empty shape is refused", 0);
  } catch (const shockstep::ConfigError&) {
    check(true, "an empty shape is refused", 1);
  }
  return failures ? 1 : 0;
}
