// Samples from a TorchScript file: from_a_file models/digits.pt. Loading a model runs the code in it.
#include <shockstep/shockstep.hpp>

#include <ATen/ATen.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: from_a_file MODEL.pt\n");
    return 2;
  }
  try {
    const shockstep::VarianceExploding process{.sigma_min = .002, .sigma_max = 80};
    const auto model =
        shockstep::load_torchscript(argv[1], {.shape = {1, 8, 8}, .predicts = shockstep::Predicts::denoised}, process);
    const shockstep::Sampler sampler(model, process, {.tolerance = 1e-2});
    const shockstep::Result result = sampler.sample({.count = 16, .seed = 7, .batch = 16});
    std::printf("%s\n16 images, %.1f evaluations each, pixels %.2f to %.2f\n", model->describe().c_str(),
                result.statistics.mean(result.statistics.evaluations), result.samples.min().item<double>(),
                result.samples.max().item<double>());
  } catch (const shockstep::Error& error) {  // one line that says what would be right
    std::fprintf(stderr, "from_a_file: %s\n", error.what());
    return 3;
  }
}
