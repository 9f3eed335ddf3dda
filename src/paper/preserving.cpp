// Variance preserving, x_t = e^-t x0 + sqrt(1 - e^-2t) n, is variance exploding after xhat = x e^t, sigmahat^2 = e^2t - 1.
// A symmetric pair speciates at t_s = ln(1 + a^2 - s0^2)/2 (midpoint), or ln(Lambda)/2 with Lambda = a^2 + s0^2 (spectral).
#include "paper/analyses.hpp"
#include "paper/flow.hpp"
#include "paper/integrate.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"
#include "paper/text.hpp"

namespace shockstep::paper {
namespace {

// The process's own time runs from 0 to 1 for t from 0 to 5 (problems.cpp).
constexpr double span = 5;

// The marginal of the preserving process itself: two modes at +-e^-t a of variance e^-2t s0^2 + 1 - e^-2t.
double native_score(const Pair& p, double x, double t) {
  const double alpha = std::exp(-t), v = alpha * alpha * p.s0 * p.s0 + (1 - alpha * alpha), a = alpha * p.a;
  return -x / v + a / v * std::tanh(a * x / v);
}

// Time at which the model's score at the midpoint changes its slope.
double midpoint_time(const Pair& p, const Process& process) {
  const auto model = p.model();
  const double sigma = root([&](double s) { return score_gradient(*model, {0}, s).front(); }, .3 * p.a, 2 * p.a);
  return span * process.time(sigma);
}

}  // namespace

Analysis analyse_preserving() {
  const auto [model, process] = preserving_problem();
  const auto [a, s0] = preserving;
  Analysis out{.key = "preserving", .title = "Variance preserving is variance exploding", .config = "preserving"};
  Table table{"preserving", {"t", "sigma_hat", "x_hat", "score_ve", "alpha_score_vp"}, {}};
  Figure overlay{
      .key = "preserving",
      .title = "Scores of both processes after the change of variables",
      .explain =
          "Lines: the score of the exploding process. Dots: that of the preserving process at its own time t, "
          "times e⁻ᵗ, over x eᵗ. They are the same function.",
      .x = {"x, or x eᵗ of the preserving process"},
      .y = {"score"},
      .series = {}};
  double clock_error = 0, score_error = 0;
  const Values x = linspace(-3, 3, 241);
  for (const double t : {.15, .3, .6, 1., 2.}) {
    const double alpha = std::exp(-t), sigma = std::sqrt(std::exp(2 * t) - 1);
    clock_error =
        std::max({clock_error, std::abs(span * process.time(sigma) - t), std::abs(process.alpha(sigma) - alpha)});
    const Values exploding = score(*model, x, sigma);
    Values mapped;
    for (const double xi : x) mapped.push_back(alpha * native_score(preserving, alpha * xi, t));
    score_error = std::max(score_error, difference(exploding, mapped));
    Series line{"t = " + text(t), x, exploding}, dots{"t = " + text(t) + ", preserving", {}, {}, Series::Style::dots};
    for (std::size_t i = 0; i < x.size(); ++i) {
      table.rows.push_back({t, sigma, x[i], exploding[i], mapped[i]});
      if (i % 12 == 0) dots.x.push_back(x[i]), dots.y.push_back(mapped[i]);
    }
    overlay.series.push_back(line), overlay.series.push_back(dots);
  }

  // Ends of the flow, the preserving one in its own frame by Fehlberg's method of order 8: dx/dt = -x - s.
  const Values latents = linspace(-2.5, 2.5, 20);
  Values start = latents;
  for (double& value : start) value *= process.sigma_max();
  const Values sampled = transported(model, process, start);
  Values native;
  const double t_begin = std::log1p(process.sigma_max() * process.sigma_max()) / 2,
               t_end = std::log1p(process.sigma_min() * process.sigma_min()) / 2;
  for (const double z : latents) {
    const auto flow = [](const std::vector<double>& y, std::vector<double>& dydt, double t) {
      dydt[0] = -y[0] - native_score(preserving, y[0], t);
    };
    const double first = std::exp(-t_begin) * process.sigma_max() * z;
    native.push_back(integrated(flow, {first}, t_begin, t_end, 1e-13)[0] * std::exp(t_end));
  }

  // Speciation times as the modes move apart.
  Table times{"speciation", {"a", "midpoint", "midpoint_closed_form", "spectral"}, {}};
  Values wide, gap;
  Series midpoint{"midpoint", {}, {}}, spectral{"spectral", {}, {}, Series::Style::dashed};
  double midpoint_error = 0, spectral_error = 0;
  for (double far = 2; far <= 128; far *= 2) {
    const Pair p{far, s0};
    const double closed = std::log1p(far * far - s0 * s0) / 2, found = midpoint_time(p, process);
    const double from_data = std::log(std::pow(p.model()->data_std(), 2)) / 2;
    midpoint_error = std::max(midpoint_error, std::abs(found - closed));
    spectral_error = std::max(spectral_error, std::abs(from_data - std::log(far * far + s0 * s0) / 2));
    times.rows.push_back({far, found, closed, from_data});
    if (far >= 8) wide.push_back(far), gap.push_back(found - from_data);
    midpoint.x.push_back(far), midpoint.y.push_back(found);
    spectral.x.push_back(far), spectral.y.push_back(from_data);
  }
  // The gap is c/a^2 (1 + O(1/a^2)) with c = (1 - 2 s0^2)/2: the fitted order is off by about 2/8^2 at most.
  out.claims = {
      {"preserving.clock", "time and alpha of the process less t and e^-t, five t", 0, clock_error, 1e-12},
      {"preserving.score", "exploding score less e^-t times the preserving one, of the largest, five t", 0, score_error,
       1e-12},
      {"preserving.flow", "ends of the sampler less those of the preserving flow in its own frame, 20 trajectories", 0,
       difference(sampled, native), 1e-9},
      {"preserving.midpoint_time",
       "time where the midpoint slope changes sign less ln(1 + a^2 - s0^2)/2, a from 2 to 128", 0, midpoint_error,
       1e-12},
      {"preserving.spectral_time", "ln(variance of the data)/2 less ln(a^2 + s0^2)/2, a from 2 to 128", 0,
       spectral_error, 1e-12},
      {"preserving.time_order", "order in a of their difference, a from 8 to 128", -2, order_of(wide, gap), .03},
      {"preserving.time_gap", "that difference times a^2 at a = 128: (1 - 2 s0^2)/2, up to 1/a^2",
       (1 - 2 * s0 * s0) / 2, gap.back() * 128 * 128, 1. / (128 * 128)}};
  out.tables = {std::move(table), std::move(times)};
  out.figures.push_back(std::move(overlay));
  out.figures.push_back(
      {.key = "speciation",
       .title = "Speciation time of the preserving process",
       .explain = "When a pair at ±a splits: where the score turns over at the midpoint, ½ ln(1 + a² - s₀²), "
                  "and by the variance of the data, ½ ln(a² + s₀²). They differ as 1/a².",
       .x = {"a", true},
       .y = {"time t"},
       .series = {midpoint, spectral}});
  return out;
}

}  // namespace shockstep::paper
