// Samples from any callable, with the error of every sample and the moments of decision.
#include <shockstep/shockstep.hpp>

#include "two_modes.hpp"

#include <cstdio>

int main() {
  const auto model =
      shockstep::make_model([](const at::Tensor& x, const at::Tensor& sigma) { return denoise(x, sigma); },
                            {.shape = {1}, .data_std = 1.005});
  // A pilot measures how errors grow, so that the tolerance is that of finished samples.
  const shockstep::Sampler sampler(model, shockstep::VarianceExploding{.sigma_min = .002, .sigma_max = 20},
                                   {.tolerance = 1e-3, .guard = {.profile = "pilot"}});
  const shockstep::Result result = sampler.sample({.count = 1000, .seed = 7});

  int decided = 0;
  double largest = 0;
  for (const auto& report : result.reports) {
    decided += !report.events.empty();
    largest = std::max(largest, report.error_estimate);
  }
  std::printf("mean %.3f, %d of 1000 trajectories were in doubt, largest error estimate %.1e\n",
              result.samples.mean().item<double>(), decided, largest);
}
