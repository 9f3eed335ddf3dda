/// Logged events against exact ones: recall, precision, exponents and brackets on mixtures.
///
///   bench_events [COUNT] [SEED] [plain | seeded] [METHOD]
///
/// COUNT trajectories with the latents of SEED. plain: two modes and the ring; seeded: mixtures drawn with SEED, loose modes
/// and modes of modes in 1 to 256 dimensions. METHOD: as sampler.method.
///
/// Exact: along a finely integrated trajectory (RK4, 1600 steps in lam), J from the closed form. enter and exit: J crosses 1;
/// speciation: largest |dD/dlam|/sigma in between; exponent: integral of max(J - 1, 0) dlam; logged from .1 on. Recall and precision
/// are of trajectories with events, and of those whose exponents add up to .5 and more; the cost is probes over all evaluations.
#include "problems.hpp"

#include <shockstep/random.hpp>
#include <shockstep/shockstep.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

constexpr int nodes = 1600;
constexpr double least_exponent = .1, decision = .5;

struct Problem {
  std::string name;
  at::Tensor means;  // [K, d]
  double std;        // of every mode
};

std::vector<Problem> plain_problems() {
  return {{"two_modes", bench::two_means(), .1}, {"ring", bench::ring_means(), .1}};
}

std::vector<Problem> seeded_problems(std::uint64_t seed) {
  std::vector<Problem> problems;
  for (const std::int64_t d : {1, 2, 16, 64, 128, 256}) {
    const auto in = " in " + std::to_string(d);
    const std::int64_t modes = 3 + static_cast<std::int64_t>(seed * 7 + static_cast<std::uint64_t>(d) * 5) % 18;
    problems.push_back({std::to_string(modes) + " modes" + in, bench::loose_means(seed, d, modes, 1), .1});
    problems.push_back({"tree of 9" + in, bench::tree_means(seed, d, 3), .05});
  }
  return problems;
}

/// Largest eigenvalue of dD/dx = g I + sum_k r_k (D_k - D)(D_k - D)^T/sigma^2, D_k = g x + (1 - g) mu_k the denoiser of mode k
/// and g = s^2/(s^2 + sigma^2) (tests/theory checks the general form): of as many columns as modes rather than dimensions.
at::Tensor largest_J(const Problem& p, const at::Tensor& x, double sigma) {
  const double v = p.std * p.std + sigma * sigma, g = p.std * p.std / v;
  const at::Tensor square = p.means.pow(2).sum(1);
  const at::Tensor r = at::softmax((x.matmul(p.means.t()) - .5 * square) / v, 1);
  const at::Tensor mean = r.matmul(p.means);
  at::Tensor J = g + (r.matmul(square) - mean.pow(2).sum(1)) * ((1 - g) * (1 - g) / (sigma * sigma));  // its trace
  const at::Tensor inside = (J > 1).nonzero().squeeze(1);  // elsewhere the trace says enough
  if (inside.numel() == 0) return J;
  const at::Tensor columns = (p.means - mean.index_select(0, inside).unsqueeze(1)) *
                             (r.index_select(0, inside).sqrt() * ((1 - g) / sigma)).unsqueeze(2);
  const at::Tensor values = at::linalg_eigvalsh(columns.matmul(columns.transpose(1, 2)));  // ascending
  return J.index_copy(0, inside, g + values.select(1, -1));
}

struct Exact {
  double enter, speciation, exit, exponent;
};

/// Exact windows of each trajectory with an exponent from .1 on.
std::vector<std::vector<Exact>> exact_events(const Problem& problem, const GaussianMixture& model,
                                             const Process& process, std::int64_t count, std::uint64_t seed) {
  const std::int64_t d = problem.means.size(1);
  at::Tensor x = at::empty({count, d}, at::kDouble);
  for (std::int64_t i = 0; i < count; ++i)
    fill_normal({x.mutable_data_ptr<double>() + i * d, static_cast<std::size_t>(d)}, seed, Stream::start, i);
  x = x * process.sigma_max();
  const double begin = process.lam_begin(), h = (process.lam_end() - begin) / (nodes - 1);
  const auto D = [&](const at::Tensor& y, double lam) {
    return model.denoise(y.contiguous(), at::full({count}, std::exp(-lam), at::kDouble));
  };
  std::vector<std::vector<double>> J(count, std::vector<double>(nodes)), rate(count, std::vector<double>(nodes, 0));
  at::Tensor before;
  for (int n = 0; n < nodes; ++n) {
    const double lam = begin + n * h;
    const at::Tensor here = D(x, lam), top = largest_J(problem, x, std::exp(-lam)).contiguous();
    const at::Tensor moved =
        n > 0 ? (here - before).pow(2).sum(1).sqrt() / h * std::exp(lam - .5 * h) : at::zeros({count}, at::kDouble);
    for (std::int64_t i = 0; i < count; ++i) {
      J[i][n] = top.const_data_ptr<double>()[i];
      rate[i][n] = moved.const_data_ptr<double>()[i];
    }
    before = here;
    const at::Tensor k1 = here - x, x2 = x + .5 * h * k1, k2 = D(x2, lam + .5 * h) - x2, x3 = x + .5 * h * k2,
                     k3 = D(x3, lam + .5 * h) - x3, x4 = x + h * k3,
                     k4 = D(x4, std::min(lam + h, process.lam_end())) - x4;
    x = (x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)).contiguous();
  }
  std::vector<std::vector<Exact>> events(count);
  for (std::int64_t i = 0; i < count; ++i)
    for (int n = 0; n < nodes; ++n) {
      if (J[i][n] <= 1) continue;
      Exact e{begin + n * h, 0, 0, 0};
      int peak = n;
      for (; n < nodes && J[i][n] > 1; ++n) {
        e.exponent += (J[i][n] - 1) * h;
        if (rate[i][n] > rate[i][peak]) peak = n;
      }
      e.exit = std::min(begin + n * h, process.lam_end());  // sigma_min where J is still above 1 there
      e.speciation = begin + (peak - .5) * h;
      if (e.exponent >= least_exponent) events[i].push_back(e);
    }
  return events;
}

double median(std::vector<double> v) {
  if (v.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::nth_element(v.begin(), v.begin() + v.size() / 2, v.end());
  return v[v.size() / 2];
}

/// Shares of trajectories, exponents and brackets, of one run or of many.
struct Score {
  double trajectories = 0, evaluations = 0, probes = 0, exact = 0, logged = 0, both = 0;
  double decisions = 0, logged_decisions = 0, both_decisions = 0;  // trajectories whose exponents add up to that
  std::vector<double> decision_error{};
  double held[3] = {}, matched[3] = {};  // brackets of enter, speciation and exit
  std::vector<double> widths{};          // of all brackets, in lam
  std::vector<double> exponent_error{};  // of trajectories with exact events; 1 where none was logged

  void add(const std::vector<std::vector<Exact>>& truth, const Result& result) {
    trajectories += static_cast<double>(truth.size());
    evaluations += static_cast<double>(result.statistics.evaluations);
    probes += static_cast<double>(result.statistics.probes);
    for (std::size_t i = 0; i < truth.size(); ++i) {
      const TrajectoryReport& report = result.reports[i];
      exact += !truth[i].empty();
      logged += !report.events.empty();
      both += !truth[i].empty() && !report.events.empty();
      double sum = 0;
      for (const Exact& e : truth[i]) sum += e.exponent;
      decisions += sum >= decision, logged_decisions += report.exponent >= decision;
      both_decisions += sum >= decision && report.exponent >= decision;
      if (sum >= decision) decision_error.push_back(std::abs(report.exponent / sum - 1));
      if (sum > 0) exponent_error.push_back(std::abs(report.exponent / sum - 1));
      for (const Event& e : report.events) match(truth[i], e);
    }
  }

  void print(const std::string& problem, double tolerance, const char* profile) const {
    std::printf(
        "| %s, %g, %s | %.1f | %.1f %%, %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %%: %.1f, %.1f, %.1f %% | %.1f, "
        "%.1f, %.1f %% (%.2f) |"
        " %.1f, %.1f %% |\n",
        problem.c_str(), tolerance, profile, evaluations / trajectories, 100 * exact / trajectories,
        100 * logged / trajectories, 100 * both / exact, 100 * both / logged, 100 * median(exponent_error),
        100 * decisions / trajectories, 100 * both_decisions / decisions, 100 * both_decisions / logged_decisions,
        100 * median(decision_error), 100 * held[0] / matched[0], 100 * held[1] / matched[1],
        100 * held[2] / matched[2], median(widths), probes / trajectories, 100 * probes / evaluations);
    std::fflush(stdout);
  }

 private:
  /// Against the nearest exact event of its kind, if the event lies in the window of that one.
  void match(const std::vector<Exact>& windows, const Event& e) {
    const int kind = e.kind == EventKind::enter ? 0 : e.kind == EventKind::speciation ? 1 : 2;
    const auto lam = [&](const Exact& w) { return kind == 0 ? w.enter : kind == 1 ? w.speciation : w.exit; };
    const auto w = std::ranges::min_element(windows, {}, [&](const Exact& x) { return std::abs(lam(x) - e.lam); });
    if (w == windows.end() || e.lam < w->enter - .3 || e.lam > w->exit + .3) return;
    const double sigma = std::exp(-lam(*w));
    ++matched[kind];
    widths.push_back(std::log(e.sigma_high / e.sigma_low));
    held[kind] += e.sigma_low <= sigma && sigma <= e.sigma_high;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t count = argc > 1 ? std::atoll(argv[1]) : 1000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const bool seeded = argc > 3 && std::string(argv[3]) == "seeded";
  const auto method = method_named(argc > 4 ? argv[4] : "multistep");
  if (!method) return std::puts("METHOD is not one of sampler.method"), 2;

  std::puts(
      "| problem, tolerance, profile | evaluations | share with events: exact, logged | recall | precision |"
      " exponent off by (median) | exponent .5 and more: share, recall, precision, off by |"
      " enter, speciation, exit in their brackets (median width in lam) | probes, cost |\n"
      "|---|---|---|---|---|---|---|---|---|");
  const Process process = VarianceExploding{.sigma_min = .01, .sigma_max = 80};
  const std::vector<double> tolerances{1e-2, 3e-3, 1e-3};
  std::vector<Score> pooled(tolerances.size());
  for (const Problem& problem : seeded ? seeded_problems(seed) : plain_problems()) {
    const auto model = bench::mixture(problem.means, problem.std);
    const auto truth = exact_events(problem, *model, process, count, seed);
    for (const char* profile : {"auto", "default"})
      for (std::size_t t = 0; t < tolerances.size(); ++t) {
        if (seeded && std::string(profile) == "default") continue;
        SamplerOptions options;
        options.method = *method;
        options.tolerance = tolerances[t];
        options.guard.profile = profile;
        const Result result = Sampler(model, process, options).sample({.count = count, .seed = seed});
        Score score;
        score.add(truth, result);
        score.print(problem.name, tolerances[t], profile);
        if (seeded) pooled[t].add(truth, result);
      }
  }
  if (seeded)
    for (std::size_t t = 0; t < tolerances.size(); ++t) pooled[t].print("all", tolerances[t], "auto");
}
