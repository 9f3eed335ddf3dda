// A schedule of one's own: nodes dense about the noise level at which samples decide between modes, sparse away from it.
#include <shockstep/shockstep.hpp>

#include "two_modes.hpp"

#include <cmath>
#include <cstdio>

namespace {

// asinh(ln(sigma/centre)/width) uniform, from sigma_max to sigma_min.
std::vector<double> about(double centre, double width, const shockstep::Process& process, int nodes) {
  const auto warped = [&](double sigma) { return std::asinh(std::log(sigma / centre) / width); };
  const double begin = warped(process.sigma_max()), end = warped(process.sigma_min());
  std::vector<double> sigmas;
  for (int i = 0; i < nodes; ++i)
    sigmas.push_back(centre * std::exp(width * std::sinh(begin + (end - begin) * i / (nodes - 1))));
  return sigmas;
}

}  // namespace

int main() {
  const auto model = shockstep::make_model(denoise, {.shape = {1}, .data_std = 1.005});
  const shockstep::Process process = shockstep::VarianceExploding{.sigma_min = .002, .sigma_max = 20};
  const auto draw = [&](const shockstep::SamplerOptions& options) {
    return shockstep::Sampler(model, process, options).sample({.count = 1000, .seed = 7}).samples;
  };
  const at::Tensor exact = draw({.order = 5, .tolerance = 1e-8, .guard = {.enabled = false}});
  const auto error = [&](const shockstep::FixedSteps& grid) {
    return (draw({.method = shockstep::Method::dpmpp_2m, .steps = grid}) - exact).abs().median().item<double>();
  };

  const shockstep::FixedSteps own{.sigmas = about(.4, 2, process, 16)};
  const double karras = error({.schedule = shockstep::Schedule::karras, .count = 16}), ours = error(own);
  std::printf("16 evaluations, median error: karras %.1e, the schedule of this file %.1e\nsampler: {steps: {sigmas: [",
              karras, ours);
  for (const double sigma : own.sigmas) std::printf("%s%.6g", sigma == own.sigmas.front() ? "" : ", ", sigma);
  std::printf("]}}\n");  // in a config
  return ours < karras ? 0 : 1;
}
