/// The parts of the guard one by one, on one exact mixture: samples and evaluations of every variant at every tolerance.
///
///   bench_ablation FOLDER ORDER TOLERANCE...      (run by tools/bench/ablation)
///
/// FOLDER holds the mixture (means.npy, std.npy, weights.npy), the starting noise of each row (noise.npy) and each row's
/// own ln G on a uniform grid in lam (log_gain.npy). ORDER: 3 to 5, or 0 for the pilot's choice. Writes FOLDER/VARIANT.npy,
/// the states at sigma_min tolerance by tolerance, and prints a JSON line for each variant and tolerance.
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/random.hpp>

#include "core/npy.hpp"
#include "core/statistics.hpp"
#include "engine/engine.hpp"
#include "engine/pilot.hpp"

#include <ATen/ops/tensor.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

constexpr double sigma_min = .01, sigma_max = 80;  // of tools/bench/mixtures.py

struct Variant {
  const char* name;
  bool weight, cap, redo;
  bool own_gain = false;  ///< each row's weight is its own exact ln G
};
constexpr Variant variants[] = {{"none", false, false, false}, {"weight", true, false, false},
                                {"cap", false, true, false},   {"redo", false, false, true},
                                {"all", true, true, true},     {"oracle", true, true, true, true}};

at::Tensor tensor(const NpyArray& array) { return at::tensor(array.values, at::kDouble).view(array.shape); }

struct Problem {
  std::string folder;
  GaussianMixture model;
  NpyArray noise, log_gain;

  explicit Problem(const std::string& from)
      : folder(from),
        model({.means = tensor(read_npy(from + "/means.npy")),
               .stds = tensor(read_npy(from + "/std.npy")),
               .covariances = {},
               .weights = tensor(read_npy(from + "/weights.npy"))}),
        noise(read_npy(from + "/noise.npy")),
        log_gain(read_npy(from + "/log_gain.npy")) {}

  std::int64_t rows() const { return noise.shape[0]; }
  std::span<const double> noise_of(std::int64_t i) const {
    const auto d = static_cast<std::size_t>(model.dimension());
    return {noise.values.data() + static_cast<std::size_t>(i) * d, d};
  }
  LamTable log_gain_of(std::int64_t i, const Process& process) const {
    const auto row = log_gain.values.begin() + i * log_gain.shape[1];
    return {process.lam_begin(), process.lam_end(), {row, row + log_gain.shape[1]}};
  }
};

GuardProfile& guard_of(Plan& plan) { return std::get<AdaptivePlan>(plan.way).guard; }

/// The threshold as the pilot sets it, for a profile without weight or cap: over the same rows, by the same quantile.
double measured_threshold(const Problem& problem, Plan plan) {
  guard_of(plan).redo = false;
  plan.latents = pilot_latents;
  std::vector<double> scores;
  EngineRun run{.model = problem.model, .plan = plan, .count = rows_rehearsed, .threads = 1};
  run.finished = [&](const Trajectory& t) { scores.push_back(t.report().score); };
  run_engine(run);
  return weibull_quantile(scores, 1 - share_repeated);
}

/// What remains of the pilot's profile in a variant; order, warp, first step and step tolerance are those of all.
Plan plan_of(const Variant& variant, const GuardProfile& pilot, const Problem& problem, const Process& process,
             const SamplerOptions& options) {
  Plan plan(process, options);
  plan.way = AdaptivePlan{.guard = pilot};
  GuardProfile& guard = guard_of(plan);
  if (!variant.weight) guard.log_gain = {};
  if (!variant.cap) guard.cap = {}, guard.paced = false;
  guard.redo = variant.redo && pilot.redo;
  if (guard.redo && !(variant.weight && variant.cap)) guard.threshold = measured_threshold(problem, plan);
  plan.latents = [&problem](std::int64_t i, std::span<double> out) {
    const auto row = problem.noise_of(i);
    std::copy(row.begin(), row.end(), out.begin());
  };
  return plan;
}

/// Runs every row; writes the samples from row `at` of the file on and prints the counts.
void measure(const Variant& variant, const GuardProfile& pilot, const Problem& problem, const Process& process,
             const SamplerOptions& options, NpyWriter& samples, std::int64_t at) {
  Plan plan = plan_of(variant, pilot, problem, process, options);
  std::int64_t evaluations = 0, repeated = 0;
  const auto run = [&](std::int64_t first, std::int64_t count) {
    EngineRun rows{.model = problem.model, .plan = plan, .first = first, .count = count, .threads = 1};
    rows.finished = [&](const Trajectory& t) { samples.write_row(at + t.report().trajectory, t.sample()); };
    const RunStatistics statistics = run_engine(rows);
    evaluations += statistics.evaluations;
    repeated += statistics.repeated;
  };
  if (variant.own_gain) {
    for (std::int64_t i = 0; i < problem.rows(); ++i) {
      guard_of(plan).log_gain = problem.log_gain_of(i, process);
      run(i, 1);
    }
  } else {
    run(0, problem.rows());
  }
  const auto rows = static_cast<double>(problem.rows());
  const nlohmann::ordered_json line{{"variant", variant.name},
                                    {"tolerance", options.tolerance},
                                    {"step_tolerance", pilot.step_tolerance},
                                    {"order", pilot.order},
                                    {"redo", guard_of(plan).redo},
                                    {"evaluations", static_cast<double>(evaluations) / rows},
                                    {"repeated", static_cast<double>(repeated) / rows}};
  std::puts(line.dump().c_str());
}

void study(const std::string& folder, int order, std::span<char*> tolerances) {
  const Problem problem(folder);
  const Process process = VarianceExploding{.sigma_min = sigma_min, .sigma_max = sigma_max};
  std::vector<SamplerOptions> options;
  std::vector<GuardProfile> pilots;
  for (const char* tolerance : tolerances) {
    options.push_back({.order = order, .tolerance = std::atof(tolerance), .final = Final::keep});
    pilots.push_back(run_pilot(problem.model, process, options.back()));
  }
  const std::int64_t n = problem.rows(), all = n * static_cast<std::int64_t>(pilots.size());
  for (const Variant& variant : variants) {
    NpyWriter samples(folder + "/" + variant.name + ".npy", {all, problem.model.dimension()}, NpyType::float64);
    for (std::size_t k = 0; k < pilots.size(); ++k)
      measure(variant, pilots[k], problem, process, options[k], samples, n * static_cast<std::int64_t>(k));
    samples.close();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: bench_ablation FOLDER ORDER TOLERANCE...\n", stderr);
    return 2;
  }
  try {
    study(argv[1], std::atoi(argv[2]), {argv + 3, static_cast<std::size_t>(argc - 3)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
