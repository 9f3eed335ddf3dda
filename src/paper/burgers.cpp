// The Burgers identities: w_tau + w w_x = w_xx for w = -2 s on a line, s_tau = Laplacian s + grad |s|^2 in any dimension, a
// score free of curl at every sigma, and the entropy condition w_x <= 1/tau (Oleinik), i.e. dD/dx >= 0.
#include "paper/analyses.hpp"
#include "paper/mixture_derivatives.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"

#include <ATen/ops/linalg_eigvalsh.h>

#include <numbers>

namespace shockstep::paper {
namespace {

// Points of the problem at this sigma, where its density is.
Values typical(const GaussianMixture& model, double sigma) { return values(model.draw(200, sigma, 1)); }

// Largest |s_tau - Laplacian s - grad |s|^2| over the largest |s_tau| + |Laplacian s| + |grad |s|^2|. The score and its
// gradient are those of the model's denoiser and Jacobian.
double residual(const GaussianMixture& model, const Values& x, double sigma) {
  const auto d = static_cast<std::size_t>(model.dimension());
  const auto [laplacian, rate] = mixture_derivatives(model, x, sigma);
  const Values s = score(model, x, sigma), gradient = score_gradient(model, x, sigma);
  double worst = 0, scale = 0;
  for (std::size_t i = 0; i < x.size() / d; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      double transport = 0;
      for (std::size_t l = 0; l < d; ++l) transport += 2 * gradient[(i * d + l) * d + j] * s[i * d + l];
      worst = std::max(worst, std::abs(rate[i * d + j] - laplacian[i * d + j] - transport));
      scale = std::max(scale, std::abs(rate[i * d + j]) + std::abs(laplacian[i * d + j]) + std::abs(transport));
    }
  return worst / scale;
}

// The same on a line by differences of the denoiser alone, at relative step h; for models without closed form.
double residual_by_differences(const ScoreModel& model, double sigma, double h) {
  const double tau = sigma * sigma / 2;
  double worst = 0, scale = 0;
  for (const double x : linspace(-1.5, 1.5, 31)) {
    const auto along = [&](double y) { return -2 * score_at(model, y, sigma); };
    const auto over = [&](double t) { return -2 * score_at(model, x, std::sqrt(2 * t)); };
    const double w_tau = derivative(over, tau, h * tau), transport = along(x) * derivative(along, x, h * sigma),
                 w_xx = second_derivative(along, x, h * sigma);
    worst = std::max(worst, std::abs(w_tau + transport - w_xx));
    scale = std::max(scale, std::abs(w_tau) + std::abs(transport) + std::abs(w_xx));
  }
  return worst / scale;
}

struct Turn {
  double along, size;  // means of the tangential component and of |s|
};
// s + spin (-y, x) around a circle about the origin of the first two coordinates: the circulation over the circle's length. The
// trapezoidal rule is exact to rounding for a periodic analytic function with this many nodes.
Turn around_circle(const GaussianMixture& model, double sigma, double radius, double spin) {
  constexpr int nodes = 2048;
  const auto d = static_cast<std::size_t>(model.dimension());
  Values x;
  for (int i = 0; i < nodes; ++i) {
    const double angle = 2 * std::numbers::pi * i / nodes;
    x.insert(x.end(), {radius * std::cos(angle), radius * std::sin(angle)});
    x.insert(x.end(), d - 2, .15);
  }
  Values s = score(model, x, sigma);
  Turn turn{0, 0};
  for (std::size_t i = 0; i < x.size(); i += d) {
    s[i] -= spin * x[i + 1], s[i + 1] += spin * x[i];
    double norm2 = 0;
    for (std::size_t j = 0; j < d; ++j) norm2 += s[i + j] * s[i + j];
    turn.along += (s[i + 1] * x[i] - s[i] * x[i + 1]) / radius / nodes, turn.size += std::sqrt(norm2) / nodes;
  }
  return turn;
}

}  // namespace

Analysis analyse_burgers() {
  const auto solid = burgers_problem().model, line = asymmetric_problem().model;
  const auto well = double_well_problem().model;
  Analysis out{.key = "burgers", .title = "The Burgers identities", .config = "burgers"};
  Table table{"burgers", {"sigma", "residual_1d", "residual_3d", "circulation", "smallest_eigenvalue_of_dD_dx"}, {}};
  Series one{"on a line", {}, {}}, three{"in three dimensions", {}, {}}, turn{"circulation", {}, {}};
  double worst1 = 0, worst3 = 0, worst_turn = 0, entropy = 0;
  for (const double sigma : logspace(.1, 10, 21)) {
    const Values x1 = typical(*line, sigma), x3 = typical(*solid, sigma);
    const double r1 = residual(*line, x1, sigma), r3 = residual(*solid, x3, sigma);
    const Turn turned = around_circle(*solid, sigma, .8, 0);
    const double around = std::abs(turned.along) / turned.size;
    const auto J = solid->jacobian(rows(x3, 3), level(200, sigma));
    const double least = at::linalg_eigvalsh(J).min().item<double>();
    worst1 = std::max(worst1, r1), worst3 = std::max(worst3, r3), worst_turn = std::max(worst_turn, around);
    entropy = std::max(entropy, -least);
    table.rows.push_back({sigma, r1, r3, around, least});
    for (Series* s : {&one, &three, &turn}) s->x.push_back(sigma);
    one.y.push_back(r1 / 1e-15), three.y.push_back(r3 / 1e-15), turn.y.push_back(around / 1e-15);
  }
  // The Jacobian of the library is symmetric as it is summed; the denoiser's own derivatives need not be. Error of a
  // difference: a layer tanh(y/l) has a seventh derivative below 272/l^7, and l > .2 here: (h/l)^6 272/140 = 8e-9.
  double curl = 0, slope = 0;
  {
    const double sigma = .4;
    const Values x = typical(*solid, sigma);
    const auto partial = [&](std::size_t row, std::size_t of, std::size_t by) {
      Values at(x.begin() + static_cast<std::ptrdiff_t>(3 * row), x.begin() + static_cast<std::ptrdiff_t>(3 * row + 3));
      return derivative(
          [&](double to) {
            Values moved = at;
            moved[by] = to;
            return denoised(*solid, moved, sigma)[of];
          },
          at[by], .02 * sigma);
    };
    for (std::size_t i = 0; i < 50; ++i)
      for (const auto& [j, l] : {std::pair<std::size_t, std::size_t>{0, 1}, {0, 2}, {1, 2}}) {
        const double there = partial(i, j, l), back = partial(i, l, j);
        curl = std::max(curl, std::abs(there - back)), slope = std::max(slope, std::abs(there));
      }
  }
  Values steps, errors;
  Table differences{"burgers_differences", {"step", "residual"}, {}};
  for (const double h : {.032, .0256, .02048, .016384}) {
    steps.push_back(h), errors.push_back(residual_by_differences(*well, .5, h));
    differences.rows.push_back({h, errors.back()});
  }
  out.claims = {
      {"burgers.residual_1d", "largest w_tau + w w_x - w_xx over the size of its terms, two modes, 21 sigma", 0, worst1,
       1e-12},
      {"burgers.residual_3d",
       "largest s_tau - Laplacian s - grad |s|^2 over the size of its terms, five modes, 21 sigma", 0, worst3, 1e-12},
      {"burgers.differences",
       "residual of the quartic double well by sixth-order differences of its denoiser: order in h", 6,
       order_of(steps, errors), .1},
      {"burgers.circulation", "score along a circle over its mean size, 21 sigma: irrotational from first to last", 0,
       worst_turn, 1e-12},
      {"burgers.circulation_control", "the mean of the score along the circle when a rotation of .01 is added: .01 r",
       .01 * .8, around_circle(*solid, .5, .8, .01).along, 1e-12},
      {"burgers.curl", "dD_i/dx_j - dD_j/dx_i by differences of the denoiser, of the largest; h^6 D^(7)/140", 0,
       curl / slope, 1e-8},
      {"burgers.entropy", "how far the smallest eigenvalue of dD/dx lies below 0, i.e. w_x above 1/tau, 21 sigma", 0,
       std::max(0., entropy), 1e-12}};
  out.tables = {std::move(table), std::move(differences)};
  out.figures.push_back({.key = "burgers",
                         .title = "Residuals of the Burgers identities",
                         .explain = "What is left of w_τ + w w_x - w_xx on a line and of s_τ - Δs - ∇|s|² in three "
                                    "dimensions, relative to the terms, and of the circulation of the score: rounding.",
                         .x = {"noise level σ", true},
                         .y = {"relative residual / 1e-15"},
                         .series = {one, three, turn}});
  return out;
}

}  // namespace shockstep::paper
