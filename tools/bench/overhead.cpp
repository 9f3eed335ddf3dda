/// What a step costs outside the model call, beside the time a copy of the memory it touches would take.
///
/// Per trajectory and step the engine reads x and k values of D for the predictor and writes it; then reads the predictor,
/// the fresh D and the k values again and writes the corrected state and the fresh D: (2 k + 6) d doubles with k = 3.
#include "problems.hpp"

#include <shockstep/shockstep.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

using namespace shockstep;

namespace {

/// Bytes read and written per second by memcpy over `bytes` of memory, best of several.
double copy_bandwidth(std::size_t bytes) {
  std::vector<char> from(bytes, 1), to(bytes, 2);
  const std::size_t repeats = std::max<std::size_t>(1, (std::size_t{1} << 28) / bytes);
  double best = 0;
  for (int trial = 0; trial < 7; ++trial) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < repeats; ++i) {
      std::memcpy(to.data(), from.data(), bytes);
      asm volatile("" : : "r"(to.data()) : "memory");
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    best = std::max(best, 2 * static_cast<double>(bytes * repeats) / time.count());
  }
  return best;
}

void study(const char* problem, const std::shared_ptr<const GaussianMixture>& model, std::int64_t count) {
  constexpr int batch = 256, k = 3;
  const double d = static_cast<double>(model->dimension());
  SamplerOptions options;
  options.guard.enabled = false;
  const Sampler sampler(model, VarianceExploding{.sigma_min = .01, .sigma_max = 80}, options);
  double best = 1e300, of_model = 0;
  for (int trial = 0; trial < 5; ++trial) {
    const RunStatistics r = sampler.stream({.count = count, .seed = 1, .batch = batch, .threads = 1});
    const double evaluations = static_cast<double>(r.evaluations);
    const double outside = 1e9 * (r.worker_seconds - r.model_seconds) / evaluations;
    if (outside < best) best = outside, of_model = 1e9 * r.model_seconds / evaluations;
  }
  const double bytes = (2 * k + 6) * d * sizeof(double);
  const double working_set = batch * (2 + k + 1 + 3) * d * sizeof(double);
  const double bound = 1e9 * bytes / copy_bandwidth(static_cast<std::size_t>(working_set));
  std::printf("%-22s %6.0f %14.0f %12.0f %14.1f %8.1f\n", problem, d, of_model, best, bound, best / bound);
}

}  // namespace

int main() {
  std::printf("nanoseconds per trajectory and step, one thread, batch 256, unguarded, tolerance 1e-2, best of 5\n");
  std::printf("%-22s %6s %14s %12s %14s %8s\n", "problem", "d", "model call", "outside", "copy bound", "ratio");
  study("ring", bench::ring(), 100000);
  const auto spread = [](std::int64_t K, std::int64_t d) {
    const auto n = at::arange(K * d, at::kDouble);
    return bench::mixture((((n * .6180339887498949) % 1.) * 2 - 1).view({K, d}).contiguous(), .1);
  };
  study("100 modes", spread(100, 64), 4000);
  study("20 modes", spread(20, 784), 1000);
  study("4 modes", spread(4, 12288), 256);
}
