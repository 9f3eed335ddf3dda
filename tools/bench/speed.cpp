/// A sampling run of an exact mixture beside the bare cost of its model: what the same number of evaluations takes at full
/// batch, and what the two matrix products of an evaluation take alone. Run by tools/bench/speed.
///
///   bench_speed [THREADS [TURNS [PROBLEM ...]]]
///
/// A problem's line: trajectories per second of a processor, evaluations a trajectory, mean share of a model call that trajectories filled, then
/// nanoseconds of processor time per trajectory and evaluation (other work on the machine disturbs that least) of the run, of bare
/// calls, of the products, each on THREADS threads that call by themselves, as the engine does. The three take turns; times are
/// medians of TURNS, ratios medians of those within a turn.
/// Bare calls get data plus noise at levels spread evenly in ln sigma, since the cost of a row depends on where it is.
#include "problems.hpp"

#include <shockstep/models/point_cloud.hpp>
#include <shockstep/shockstep.hpp>
#include <shockstep/torch_threads.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace shockstep;

namespace {

constexpr VarianceExploding range{.sigma_min = .01, .sigma_max = 80};

struct Problem {
  const char* name;
  ModelPtr model;
  at::Tensor points;  // [K, d], means or data
  double std;
  std::int64_t count;
  int batch;
};

/// Of all threads of the process.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Processor seconds of work(calls) on so many threads, which share `calls` evenly.
double on_threads(int threads, std::int64_t calls, const std::function<void(std::int64_t)>& work) {
  const double begin = processor_seconds();
  const auto shift = [&](int number) {
    const TorchThreads one(1);
    work(calls / threads + (number < calls % threads));
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(shift, i);
  shift(0);
  for (auto& thread : others) thread.join();
  return processor_seconds() - begin;
}

/// Rows of a batch and their noise levels.
struct Rows {
  at::Tensor x, sigma, index;

  Rows(const Problem& p, int rows) : sigma(at::empty({rows}, at::kDouble)), index(at::arange(rows, at::kLong)) {
    const auto d = p.points.size(1);
    const double low = std::log(range.sigma_min), high = std::log(range.sigma_max);
    for (int i = 0; i < rows; ++i) sigma.mutable_data_ptr<double>()[i] = std::exp(low + (high - low) * (i + .5) / rows);
    const auto of = at::arange(rows, at::kLong).mul(7919).remainder(p.points.size(0));
    const auto spread = sigma.square().add(p.std * p.std).sqrt().unsqueeze(1);
    x = p.points.index_select(0, of) + spread * bench::normal({rows, d}, 1, 5);
  }
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void study(const Problem& p, int threads, int turns) {
  SamplerOptions options;
  options.guard.enabled = false;
  const Sampler sampler(p.model, range, options);
  const Rows rows(p, p.batch);
  const auto calls_of = [&](const RunStatistics& r) { return (r.evaluations + p.batch - 1) / p.batch; };
  const at::Tensor transposed = p.points.t().contiguous(), weights = at::rand({p.batch, p.points.size(0)}, at::kDouble);

  std::vector<double> runs, bares, products, to_bare, to_products;
  RunStatistics r;
  for (int turn = 0; turn < turns; ++turn) {
    const double begin = processor_seconds();
    r = sampler.stream({.count = p.count, .seed = 1, .batch = p.batch, .threads = threads});
    const double spent = processor_seconds() - begin, each = 1e9 / static_cast<double>(r.evaluations);
    runs.push_back(each * spent);
    bares.push_back(each * on_threads(threads, calls_of(r), [&](std::int64_t calls) {
                      for (; calls > 0; --calls) p.model->denoise_rows(rows.x, rows.sigma, rows.index);
                    }));
    products.push_back(each * on_threads(threads, calls_of(r), [&](std::int64_t calls) {
                         const c10::InferenceMode guard;
                         auto logits = at::empty({p.batch, p.points.size(0)}, at::kDouble), D = at::empty_like(rows.x);
                         for (; calls > 0; --calls)
                           at::mm_out(logits, rows.x, transposed), at::mm_out(D, weights, p.points);
                       }));
    to_bare.push_back(runs.back() / bares.back()), to_products.push_back(runs.back() / products.back());
  }
  const auto d = p.points.size(1);
  std::printf("%-12s %9lld %6lld %6d %14.1f %12.1f %10.4f %9.0f %9.0f %9.0f %9.2f %9.2f\n", p.name,
              static_cast<long long>(p.points.size(0) * d), static_cast<long long>(p.count), p.batch,
              1e9 / (median(runs) * r.mean(r.evaluations)), r.mean(r.evaluations), r.occupancy(), median(runs),
              median(bares), median(products), median(to_bare), median(to_products));
  std::fflush(stdout);
}

/// Its points lie evenly in [-1, 1]^d, those of a sequence of small discrepancy.
at::Tensor spread(std::int64_t K, std::int64_t d) {
  const auto n = at::arange(K * d, at::kDouble);
  return (((n * .6180339887498949) % 1.) * 2 - 1).view({K, d}).contiguous();
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
  const int turns = argc > 2 ? std::max(1, std::atoi(argv[2])) : 3;
  const auto wanted = [&](const std::string& name) {
    return argc <= 3 || std::find(argv + 3, argv + argc, name) != argv + argc;
  };
  std::printf(
      "%d threads, unguarded, tolerance 1e-2, processor nanoseconds per trajectory and evaluation, medians of %d "
      "turns\n",
      threads, turns);
  std::printf("%-12s %9s %6s %6s %14s %12s %10s %9s %9s %9s %9s %9s\n", "problem", "K d", "count", "batch",
              "trajectories/s", "evaluations", "occupancy", "run", "bare", "products", "run/bare", "/products");
  if (wanted("ring")) study({"ring", bench::ring(), bench::ring_means(), .1, 200000, 256}, threads, turns);
  if (wanted("modes")) {
    const auto means = spread(100, 64);
    study({"modes", bench::mixture(means, .1), means, .1, 16000, 256}, threads, turns);
  }
  if (wanted("cloud")) {
    const auto points = bench::normal({50000, 784}, 1, 3) * .5;
    const auto model = std::make_shared<PointCloud>(PointCloudOptions{.points = points, .std = .05});
    study({"cloud", model, points, .05, 128, 64}, threads, turns);
  }
}
