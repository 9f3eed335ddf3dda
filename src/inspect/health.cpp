#include "inspect/health.hpp"

#include "inspect/differences.hpp"
#include "inspect/mixture.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace shockstep {
namespace {

constexpr std::int64_t most_coordinates = 64;  // beyond, random directions take their place
constexpr std::int64_t random_directions = 32;
constexpr std::int64_t lanczos_products = 12;
constexpr double ln_sigma_step = .02;
constexpr double rounding_times = 30;  // rounding alone then shows a curl of .05 at most

// Fine: no more than three times what an exact mixture shows, or small anyway. Not a score: as large as the terms
// themselves.
constexpr double times_exact = 3;
struct Bounds {
  double small, gross;
};
// A matrix without any symmetry has a curl of sqrt 2; terms that know nothing of each other leave a residual of 1.
constexpr Bounds of_curl{.1, 1}, of_residual{.1, .7}, of_entropy{.05, .5};

struct Found {
  double curl = 0, residual = 0, entropy = 0;
};

double squares(const at::Tensor& x) { return x.pow(2).sum().item<double>(); }

/// unit: rounding of D, relative to x.
Found measure(Evaluator& model, const States& states, double step, double unit, std::uint64_t seed) {
  const std::int64_t n = states.x.size(0), d = states.x.size(1);
  const bool complete = d <= most_coordinates;
  const double sigma = states.sigma;
  const at::Tensor D = model.denoise(states), e = D - states.x;
  const at::Tensor v = complete ? at::eye(d, at::kDouble).expand({n, d, d})
                                : normal_rows(n * random_directions, d, seed).view({n, random_directions, d});
  const Differences at = differences(model, states, v, step, D);
  const double mean_over = complete ? 1 : static_cast<double>(random_directions);  // E v v^T = I for random ones
  const at::Tensor laplacian = at.second.sum(1) / mean_over;

  Found out;
  at::Tensor drift;  // J^T (D - x)
  // V[k, l] = v_k . J v_l; for coordinates J itself.
  const at::Tensor V = at::matmul(v, at.first.transpose(1, 2));
  // Where D hardly depends on x, J is the rounding of its differences, which has no symmetry: that much is added to
  // |J|.
  const double rounding =
      rounding_times * unit / (step * sigma) * std::sqrt(squares(states.x) / static_cast<double>(n * d));
  const double whole = squares(at.first) / mean_over +
                       std::max(1e-300, rounding * rounding * static_cast<double>(at.first.numel()) / mean_over);
  if (complete) {
    out.curl = std::sqrt(squares(V - V.transpose(1, 2)) / whole);
    drift = at::matmul(at.first, e.unsqueeze(-1)).squeeze(-1);  // row k of `first` is J e_k
  } else {
    // E (v.Jw - w.Jv)^2 = |J - J^T|^2 for independent v, w.
    const auto pairs = static_cast<double>(random_directions * (random_directions - 1));
    out.curl = std::sqrt(squares(V - V.transpose(1, 2)) / pairs / whole);
    // J stands for J^T, since curl is a figure of its own. Along D - x, with the length of one step of noise.
    const at::Tensor length = e.norm(2, {-1}, true).clamp_min(1e-300) / std::sqrt(static_cast<double>(d));
    drift = differences(model, states, (e / length).unsqueeze(1), step).first.squeeze(1) * length;
  }

  const double factor = std::exp(ln_sigma_step);
  const at::Tensor ahead = model.denoise({states.x, states.trajectory, sigma * factor});
  const at::Tensor behind = model.denoise({states.x, states.trajectory, sigma / factor});
  const at::Tensor change = (ahead - behind) / (2 * ln_sigma_step);
  // sigma^4 times s_tau, Laplacian s and grad |s|^2.
  const at::Tensor left = change - 2 * e, diffusion = sigma * sigma * laplacian, transport = 2 * (drift - e);
  const double terms = squares(left) + squares(diffusion) + squares(transport);
  out.residual = terms > 0 ? std::sqrt(squares(left - diffusion - transport) / terms) : 0;

  const at::Tensor eigenvalues =
      complete ? symmetric_eigenvalues(at.first) : jacobian_spectrum(model, states, step, lanczos_products, seed);
  out.entropy = eigenvalues.min().item<double>();
  return out;
}

Verdict judged(double found, double exact, const Bounds& bounds) {
  const double fine = std::max(bounds.small, times_exact * exact);
  if (found <= fine) return Verdict::fine;
  return found <= std::max(bounds.gross, fine) ? Verdict::rough : Verdict::not_a_score;
}

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

}  // namespace

HealthSection check_health(Evaluator& model, const Process& process, const std::vector<States>& levels,
                           const std::shared_ptr<const GaussianMixture>& mixture, const HealthPlan& plan) {
  const ModelPtr exact = rounded_like(mixture, plan.float32);
  HealthSection out;
  out.rows = levels.empty() ? 0 : levels[0].x.size(0);
  out.step = plan.step;
  out.directions = model.dimension() <= most_coordinates ? 0 : static_cast<int>(random_directions);
  out.reason = "curl, residual and smallest eigenvalue are small, or an exact mixture's, at every level";
  double worst = 0;  // of the figures with the verdict so far, over what is gross
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const States& states = levels[i];
    const std::uint64_t seed = plan.seed + i;
    Evaluator other(*exact, process, 256, nullptr);
    const double unit = plan.float32 ? 6e-8 : 1.1e-16;
    const Found is = measure(model, states, plan.step, unit, seed);
    const Found should =
        measure(other, {mixture->draw(out.rows, states.sigma, seed), at::arange(out.rows, at::kLong), states.sigma},
                plan.step, unit, seed);
    HealthLevel level{.sigma = states.sigma,
                      .curl = {is.curl, should.curl, judged(is.curl, should.curl, of_curl)},
                      .residual = {is.residual, should.residual, judged(is.residual, should.residual, of_residual)},
                      .entropy = {is.entropy, should.entropy, judged(-is.entropy, -should.entropy, of_entropy)}};
    const auto weigh = [&](const HealthFigure& figure, const char* what, double share) {
      if (figure.verdict < out.verdict || figure.verdict == Verdict::fine) return;
      if (figure.verdict == out.verdict && share <= worst) return;
      worst = share, out.verdict = figure.verdict;
      out.reason = std::string(what) + " " + digits(figure.found) + " at sigma " + digits(level.sigma) +
                   ", an exact mixture's is " + digits(figure.exact);
    };
    weigh(level.curl, "curl", is.curl / of_curl.gross);
    weigh(level.residual, "residual", is.residual / of_residual.gross);
    weigh(level.entropy, "smallest eigenvalue", -is.entropy / of_entropy.gross);
    out.levels.push_back(level);
  }
  out.evaluations = model.take();
  return out;
}

}  // namespace shockstep
