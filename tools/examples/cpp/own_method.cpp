// A method of one's own on a grid: the exponential Adams-Bashforth method of order 2 (Cox & Matthews 2002, eq. 20) for
// dx/dlam = D - x, lam = -ln sigma. D is a line through its two newest values, and the step is integrated exactly.
#include <shockstep/shockstep.hpp>

#include "two_modes.hpp"

#include <cmath>
#include <cstdio>

namespace {

shockstep::LinearStep step(std::span<const double> sigmas, double end) {
  const double h = std::log(sigmas[0] / end), decay = std::exp(-h);
  if (sigmas.size() == 1) return {.values = 1, .decay = decay, .weights = {1 - decay}};  // the first step has one value
  const double slope = (h - 1 + decay) / std::log(sigmas[1] / sigmas[0]);                // of (D_0 - D_1)
  return {.values = 2, .decay = decay, .weights = {1 - decay + slope, -slope}};
}

}  // namespace

int main() {
  const auto model = shockstep::make_model(denoise, {.shape = {1}, .data_std = 1.005});
  const shockstep::VarianceExploding process{.sigma_min = .002, .sigma_max = 20};
  const auto draw = [&](const shockstep::SamplerOptions& options) {  // equal seeds start from equal noise
    return shockstep::Sampler(model, process, options).sample({.count = 1000, .seed = 7}).samples;
  };
  const at::Tensor exact = draw({.order = 5, .tolerance = 1e-8, .guard = {.enabled = false}});
  const auto error = [&](const shockstep::SamplerOptions& options) {
    return (draw(options) - exact).abs().median().item<double>();
  };

  const shockstep::FixedSteps grid{.schedule = shockstep::Schedule::log_sigma, .count = 40};
  const double euler = error({.method = shockstep::Method::euler, .steps = grid});
  const double own = error({.method = shockstep::Method::own, .steps = grid, .own = {.step = step, .order = 2}});
  std::printf("40 evaluations, median error: euler %.1e, the method of this file %.1e\n", euler, own);
  return own < euler / 3 ? 0 : 1;
}
