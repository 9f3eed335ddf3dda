// One sampler used by several threads at once: it holds no state between calls, and every trajectory depends on its number alone.
#include <shockstep/shockstep.hpp>

#include <ATen/ATen.h>

#include <cstdio>
#include <thread>
#include <vector>

int main() {
  const auto model = std::make_shared<shockstep::GaussianMixture>(shockstep::GaussianMixtureOptions{
      .means = at::tensor({-1., 1.}, at::kDouble).unsqueeze(1), .stds = at::full({}, .1, at::kDouble)});
  const shockstep::Sampler sampler(model, shockstep::VarianceExploding{.sigma_min = .002, .sigma_max = 20});
  std::vector<at::Tensor> parts(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      parts[static_cast<std::size_t>(i)] = sampler.sample({.count = 250, .first = 250 * i, .threads = 1}).samples;
    });
  for (auto& thread : threads) thread.join();
  const bool same = at::cat(parts).equal(sampler.sample({.count = 1000}).samples);
  std::printf("four threads and one: %s\n", same ? "the same 1000 samples, to the last bit" : "different samples");
  return same ? 0 : 1;
}
