// Growth of a perturbation at the midpoint of a symmetric pair, from the critical variance v_c = a^2 down to v:
//   int (J - 1) dlam = Gamma = (a^2/v - 1 - ln(a^2/v))/2 = SNR/2 - (1 + ln SNR)/2,  SNR = a^2/v,
// and on any trajectory in one dimension the gain is p_start(x_start)/p_end(x_end), since the flow carries quantiles.
#include "paper/analyses.hpp"
#include "paper/flow.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"

#include <ATen/ops/zeros.h>
#include <boost/math/quadrature/gauss_kronrod.hpp>

namespace shockstep::paper {
namespace {

double gamma(double snr) { return (snr - 1 - std::log(snr)) / 2; }

// P(x < y) of the noised pair.
double cumulative(const Pair& p, double y, double sigma) {
  const double scale = std::sqrt(2 * (p.s0 * p.s0 + sigma * sigma));
  return .25 * (std::erfc((-p.a - y) / scale) + std::erfc((p.a - y) / scale));
}
double density(const Pair& p, double y, double sigma) {
  const double v = p.s0 * p.s0 + sigma * sigma;
  return (std::exp(-(y + p.a) * (y + p.a) / (2 * v)) + std::exp(-(y - p.a) * (y - p.a) / (2 * v))) / std::sqrt(v);
}

}  // namespace

Analysis analyse_amplification() {
  const auto [a, s0] = amplification;
  const auto model = amplification_problem().model;
  Analysis out{.key = "amplification", .title = "Amplification across the layer", .config = "amplification"};
  const double sigma_c = std::sqrt(a * a - s0 * s0), lam_c = -std::log(sigma_c);
  const auto rate = [&](double lam) {
    return model->growth_rate(at::zeros({1, 1}, at::kDouble), level(1, std::exp(-lam))).item<double>();
  };

  Table table{"amplification", {"snr", "sigma", "gamma", "exponent_of_rate", "ln_gain_of_sampler", "half_snr"}, {}};
  Series exact{"Γ", {}, {}}, half{"SNR/2", {}, {}, Series::Style::dashed};
  Series found{"two trajectories of the sampler", {}, {}, Series::Style::dots};
  double rate_error = 0, gain_error = 0, gain_tolerance = 0, last_gain = 0;
  constexpr double largest_snr = 32;
  for (const double snr : {1.25, 1.5, 2., 3., 4., 6., 8., 12., 16., 24., largest_snr}) {
    const double v = a * a / snr, sigma = std::sqrt(v - s0 * s0);
    const double exponent =
        boost::math::quadrature::gauss_kronrod<double, 61>::integrate(rate, lam_c, -std::log(sigma), 12, 1e-14);
    // It ends at a distance of theta times the layer's width v/a, where tanh deviates from a line by theta^2/3 at most.
    // Near its zero D is off by eps a in each step, at the start a relative error of eps a/start.
    constexpr double theta = 1e-3;
    const double start = theta * v / a * std::exp(-gamma(snr));
    const Values end = transported(model, VarianceExploding{.sigma_min = sigma, .sigma_max = sigma_c}, {start, -start});
    const double gain = std::log((end[0] - end[1]) / (2 * start));
    rate_error = std::max(rate_error, std::abs(exponent / gamma(snr) - 1));
    gain_error = std::max(gain_error, std::abs(gain - gamma(snr)));
    gain_tolerance = std::max(gain_tolerance, theta * theta + 4 * 2.2e-16 * a / start);
    last_gain = gain;
    table.rows.push_back({snr, sigma, gamma(snr), exponent, gain, snr / 2});
    found.x.push_back(snr), found.y.push_back(gain);
  }
  for (const double snr : linspace(1, largest_snr, 125)) {
    exact.x.push_back(snr), exact.y.push_back(gamma(snr));
    half.x.push_back(snr), half.y.push_back(snr / 2);
  }

  // Whole trajectories, from far away to the data, at quantiles across the range. The map bends on the scale of |x_start| >= 4
  // and more: a central difference errs by (apart/4)^2.
  constexpr double high = 80, low = .002, apart = 1e-3;
  const Values start = linspace(-160, 160, 40);  // none at 0
  Values plus = start, minus = start;
  for (std::size_t i = 0; i < start.size(); ++i) plus[i] += apart, minus[i] -= apart;
  const VarianceExploding range{.sigma_min = low, .sigma_max = high};
  const Values end = transported(model, range, start), end_plus = transported(model, range, plus),
               end_minus = transported(model, range, minus);
  Table whole{"amplification_total", {"x_start", "x_end", "ln_gain", "ln_density_ratio"}, {}};
  double quantile_error = 0, total_error = 0;
  for (std::size_t i = 0; i < start.size(); ++i) {
    const double gain = std::log((end_plus[i] - end_minus[i]) / (2 * apart));
    const double ratio = std::log(density(amplification, start[i], high) / density(amplification, end[i], low));
    quantile_error = std::max(
        quantile_error, std::abs(cumulative(amplification, end[i], low) - cumulative(amplification, start[i], high)));
    total_error = std::max(total_error, std::abs(gain - ratio));
    whole.rows.push_back({start[i], end[i], gain, ratio});
  }
  out.claims = {
      {"amplification.rate", "integral of the model's J - 1 at the midpoint over Gamma, less 1, eleven SNR to 32", 0,
       rate_error, 1e-12},
      {"amplification.gain", "ln gain of two trajectories of the sampler less Gamma, eleven SNR to 32", 0, gain_error,
       gain_tolerance},
      {"amplification.half_snr", "SNR/2 less that ln gain at SNR 32: (1 + ln 32)/2", (1 + std::log(largest_snr)) / 2,
       largest_snr / 2 - last_gain, gain_tolerance},
      {"amplification.quantiles",
       "probability below the end less that below the start, 40 trajectories from sigma 80 to .002", 0, quantile_error,
       1e-10},
      {"amplification.total", "ln gain of these less ln p_start/p_end", 0, total_error, 1e-7}};
  out.tables = {std::move(table), std::move(whole)};
  out.figures.push_back({.key = "amplification",
                         .title = "Amplification near the transition",
                         .explain =
                             "How a perturbation at the midpoint grows from the critical variance a² on, as SNR = a²/v "
                             "increases: the sampler's own trajectories against Γ = (SNR - 1 - ln SNR)/2 and its "
                             "leading term SNR/2.",
                         .x = {"SNR = a²/v"},
                         .y = {"ln of the gain"},
                         .series = {exact, half, found}});
  return out;
}

}  // namespace shockstep::paper
