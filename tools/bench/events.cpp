/// Logged events against exact ones: recall, precision, share, exponents and brackets on mixtures.
///
/// Exact: along a finely integrated trajectory (RK4, 1600 steps in lam), J from the closed form. enter and exit: J crosses 1;
/// speciation: largest |dD/dlam|/sigma in between; exponent: integral of max(J - 1, 0) dlam; logged from .1 on.
#include "problems.hpp"

#include <shockstep/random.hpp>
#include <shockstep/shockstep.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace shockstep;

namespace {

constexpr int nodes = 1600;
constexpr double least_exponent = .1;

struct Exact {
  double enter, speciation, exit, exponent;
};

/// Exact windows of each trajectory with an exponent from .1 on.
std::vector<std::vector<Exact>> exact_events(const GaussianMixture& model, const Process& process, std::int64_t count,
                                             std::uint64_t seed) {
  const std::int64_t d = model.dimension();
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
    const at::Tensor here = D(x, lam), top = model.top_rate(x, at::full({count}, std::exp(-lam), at::kDouble)) + 1;
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
      e.exit = begin + n * h;
      e.speciation = begin + (peak - .5) * h;
      if (e.exponent >= least_exponent) events[i].push_back(e);
    }
  return events;
}

double median(std::vector<double> v) {
  if (v.empty()) return 0;
  std::nth_element(v.begin(), v.begin() + v.size() / 2, v.end());
  return v[v.size() / 2];
}

void study(const char* problem, const std::shared_ptr<const GaussianMixture>& model, double sigma_min, double tolerance,
           const char* profile, std::int64_t count, std::uint64_t seed) {
  const Process process = VarianceExploding{.sigma_min = sigma_min, .sigma_max = 80};
  const auto exact = exact_events(*model, process, count, seed);
  SamplerOptions options;
  options.tolerance = tolerance;
  options.guard.profile = profile;
  const Sampler sampler(model, process, options);
  const Result result = sampler.sample({.count = count, .seed = seed});

  double with_exact = 0, with_logged = 0, both = 0, covered = 0, speciations = 0, quiet_probes = 0, quiet = 0;
  std::vector<double> exponent_error;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& report = result.reports[i];
    const bool logged = !report.events.empty(), real = !exact[i].empty();
    with_exact += real;
    with_logged += logged;
    both += logged && real;
    if (!real) ++quiet, quiet_probes += report.probes;
    double sum = 0;
    for (const Exact& e : exact[i]) sum += e.exponent;
    if (real) exponent_error.push_back(std::abs(report.exponent / sum - 1));
    for (const Event& e : report.events) {
      if (e.kind != EventKind::speciation) continue;
      for (const Exact& x : exact[i]) {  // the exact window it belongs to
        if (e.lam < x.enter - .3 || e.lam > x.exit + .3) continue;
        ++speciations;
        const double sigma = std::exp(-x.speciation);
        covered += e.sigma_low <= sigma && sigma <= e.sigma_high;
        break;
      }
    }
  }
  const double n = static_cast<double>(count);
  std::printf(
      "%-10s %8g %8g %-8s %6.1f  exact %5.1f %%  logged %5.1f %%  recall %5.1f %%  precision %5.1f %%  exponent off by "
      "%4.1f %%"
      "  bracket holds %5.1f %%  probes %4.1f, %4.1f without event\n",
      problem, sigma_min, tolerance, profile, static_cast<double>(result.statistics.evaluations) / n,
      100 * with_exact / n, 100 * with_logged / n, 100 * both / with_exact, 100 * both / with_logged,
      100 * median(exponent_error), 100 * covered / std::max(speciations, 1.),
      static_cast<double>(result.statistics.probes) / n, quiet_probes / std::max(quiet, 1.));
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t count = argc > 1 ? std::atoll(argv[1]) : 1000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::printf("problem    sigma_min tolerance profile evaluations (probes included), %lld trajectories\n",
              static_cast<long long>(count));
  for (const char* profile : {"auto", "default"})
    for (const double tolerance : {1e-2, 3e-3})
      for (const double sigma_min : {.01}) {
        study("two_modes", bench::two_modes(), sigma_min, tolerance, profile, count, seed);
        study("ring", bench::ring(), sigma_min, tolerance, profile, count, seed);
      }
}
