#include <shockstep/error.hpp>
#include <shockstep/models/double_well.hpp>
#include <shockstep/registry.hpp>

#include "core/nan.hpp"
#include "core/text.hpp"
#include "model/exact_draw.hpp"
#include "model/exact_rows.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace shockstep {
namespace {

// exp(-E) below this of its peak is left out: e^-42 = 6e-19.
constexpr double negligible = 42;

// Posterior of y = x0 given x = x0 + sigma n: proportional to exp(-E(y)), E = beta (y^2 - a^2)^2 + precision (y - x)^2/2.
class Posterior {
 public:
  // x >= 0; precision = 1/sigma^2, 0 for the density itself.
  Posterior(const DoubleWellOptions& o, double x, double precision)
      : a2_(o.a * o.a),
        beta_(o.beta),
        x_(x),
        precision_(precision),
        p_(precision / (4 * beta_) - a2_),
        q_(-precision * x / (4 * beta_)) {
    mode_ = x == 0 ? std::sqrt(std::max(-p_, 0.)) : root(0, std::max(o.a, x), std::max(o.a, x));
    // The other mode: E'/(4 beta) has its maximum at y < 0, and two roots there if that is positive.
    const double turn = p_ < 0 ? -std::sqrt(-p_ / 3) : 0;
    leftmost_ = mode_;
    if (p_ < 0 && (turn * turn + p_) * turn + q_ > 0) {
      const double other = root(-o.a, turn, -o.a);
      if (rise(other) < negligible) leftmost_ = other;
    }
  }

  // Mean of g(y).
  template <class G>
  double mean(G g) const {
    const auto [h, sum, weighted] = sums(g);
    return weighted / sum;
  }

  // ln of the integral of exp(-E).
  double log_mass() const {
    const auto [h, sum, weighted] = sums([](double) { return 0.; });
    return std::log(h * sum) - energy(mode_);
  }

  // The share of y < 0, at most a half: panels of Gauss's rule from there on, as the trapezoidal rule needs a smooth end.
  double share_below() const {
    const auto [h, sum, weighted] = sums([](double) { return 0.; });
    double below = 0;
    for (double y = 0; true; y -= 4 * h) {
      below += boost::math::quadrature::gauss<double, 15>::integrate([this](double at) { return std::exp(-rise(at)); },
                                                                     y - 4 * h, y);
      if (!(rise(y - 4 * h) < negligible || y - 4 * h > leftmost_)) return below / (h * sum);
    }
  }

  double mode() const { return mode_; }  // the highest

 private:
  struct Sums {
    double h, sum, weighted;  // of exp(-E) and g exp(-E), relative to the mode, at nodes h apart
  };

  // The trapezoidal rule: f = g exp(-E) is entire, so with step h its error is below
  // 2 exp(-2 pi eta/h) int |f(y + i eta)| dy for every eta (Trefethen & Weideman 2014, theorem 5.1), and here
  // Re E(y + i eta) = E(y) - eta^2 E''(y)/2 + beta eta^4. With K >= E'' wherever exp(-E) counts, eta = 2 pi/(h K) and
  // h = .65/sqrt(K) that is about 2 exp(-2 pi^2/.65^2) = 1e-20.
  template <class G>
  Sums sums(G g) const {
    const double level = negligible + energy(mode_);
    const double y2 = std::min(a2_ + std::sqrt(level / beta_),
                               precision_ > 0 ? std::pow(x_ + std::sqrt(2 * level / precision_), 2) : INFINITY);
    const double h = .65 / std::sqrt(12 * beta_ * y2 - 4 * beta_ * a2_ + precision_);
    double sum = 0, weighted = 0;
    const auto add = [&](double y) {
      const double e = rise(y), w = std::exp(-e);
      sum += w, weighted += w * g(y);
      return e;
    };
    add(mode_);
    for (double k = 1; add(mode_ + k * h) < negligible; ++k) {}
    for (double k = 1, y = mode_ - h; add(y) < negligible || y > leftmost_; y = mode_ - ++k * h) {}
    return {h, sum, weighted};
  }

  double energy(double y) const {
    const double well = y * y - a2_, pull = y - x_;
    return beta_ * well * well + .5 * precision_ * pull * pull;
  }
  // E(y) - E(mode), in factors, so that nothing cancels near the mode or where the two modes are alike.
  double rise(double y) const {
    const double sum = y + mode_;
    return (y - mode_) *
           (beta_ * sum * (y * y + mode_ * mode_ - 2 * a2_) + .5 * precision_ * ((y - x_) + (mode_ - x_)));
  }
  // Root of E'(y)/(4 beta) = y^3 + p y + q, from a guess beyond it, whence Newton's method runs straight to it.
  double root(double low, double high, double guess) const {
    const auto slope = [this](double y) { return std::pair((y * y + p_) * y + q_, 3 * y * y + p_); };
    return boost::math::tools::newton_raphson_iterate(slope, guess, low, high, 40);
  }

  double a2_, beta_, x_, precision_, p_, q_;
  double mode_, leftmost_;
};

}  // namespace

DoubleWell::DoubleWell(const DoubleWellOptions& options) : options_(options) {
  for (const auto& [key, value] : {std::pair("a", options.a), std::pair("beta", options.beta)})
    if (!(value > 0 && std::isfinite(value))) throw ConfigError(key, "must be positive, got " + shortest(value));
  const Posterior density(options_, 0, 0);
  const double square = density.mean([](double y) { return y * y; });
  data_std_ = std::sqrt(square);
  log_norm_ = density.log_mass();
  // int_0^inf y exp(-beta (y^2 - a^2)^2) dy, twice: of x0 > 0 it is the half of the density.
  const double root = std::sqrt(options.beta);
  const double mean =
      .5 * std::sqrt(std::numbers::pi) / root * (1 + std::erf(root * options.a * options.a)) / std::exp(log_norm_);
  means_ = {-mean, mean};
  variance_ = square - mean * mean;
}

at::Tensor DoubleWell::denoise(const at::Tensor& x, const at::Tensor& sigma) const {
  const auto rows = exact_rows("double_well", x, sigma, shape_);
  auto D = at::empty_like(rows.x);
  for (std::int64_t i = 0; i < rows.x.size(0); ++i) {
    const double xi = rows.x.const_data_ptr<double>()[i], s = rows.sigma.const_data_ptr<double>()[i];
    double& mean = D.mutable_data_ptr<double>()[i];
    if (xi == 0 || !std::isfinite(xi)) {
      mean = xi == 0 ? 0 : nan;  // by symmetry
      continue;
    }
    const Posterior posterior(options_, std::abs(xi), 1 / (s * s));
    // About the mode: at small sigma D - mode is small.
    mean =
        std::copysign(1., xi) * (posterior.mode() + posterior.mean([m = posterior.mode()](double y) { return y - m; }));
  }
  return D;
}

Abilities DoubleWell::abilities() const { return {.density = this, .draws = this, .modes = this}; }

at::Tensor DoubleWell::log_density(const at::Tensor& x, const at::Tensor& sigma) const {
  const auto rows = exact_rows("double_well", x, sigma, shape_);
  auto out = at::empty({rows.x.size(0)}, at::kDouble);
  for (std::int64_t i = 0; i < rows.x.size(0); ++i) {
    const double xi = rows.x.const_data_ptr<double>()[i], s = rows.sigma.const_data_ptr<double>()[i];
    double& ln = out.mutable_data_ptr<double>()[i];
    if (!std::isfinite(xi))
      ln = nan;
    else if (s == 0)
      ln = -options_.beta * std::pow(xi * xi - options_.a * options_.a, 2) - log_norm_;
    else
      ln = Posterior(options_, std::abs(xi), 1 / (s * s)).log_mass() - std::log(s) -
           .5 * std::log(2 * std::numbers::pi) - log_norm_;
  }
  return out;
}

// By rejection, for y = |x0| and u = y^2 - a^2, from a Gaussian that is above exp(-beta u^2) everywhere: where the barrier is high that
// of exp(-beta a^2 (y - a)^2), as y + a > a; else that of exp(-beta (2 c u - c^2)), as u^2 > 2 c u - c^2 for every c.
at::Tensor DoubleWell::draw(std::int64_t count, double sigma, std::uint64_t seed) const {
  auto out = at::empty({count, 1}, at::kDouble);
  const double a = options_.a, beta = options_.beta, c = .5 / std::sqrt(beta);
  const bool high = a * a * std::sqrt(beta) > 1;
  for (std::int64_t i = 0; i < count; ++i) {
    double& x = out.mutable_data_ptr<double>()[i];
    for (std::uint64_t attempt = 1;; attempt += 2) {
      double z[2];
      draw_normal(z, seed, i, attempt);
      const double y = high ? a + z[0] / (a * std::sqrt(2 * beta)) : std::abs(z[0]) / std::sqrt(4 * beta * c);
      const double u = (y - a) * (y + a);
      const double off = high ? (y - a) * (y - a) * y * (y + 2 * a) : (u - c) * (u - c);
      if (!(y > 0 && draw_uniform(seed, i, attempt + 1) <= std::exp(-beta * off))) continue;
      x = (draw_uniform(seed, i, 0) > .5 ? y : -y) + sigma * z[1];
      break;
    }
  }
  return out;
}

at::Tensor DoubleWell::responsibilities(const at::Tensor& x, const at::Tensor& sigma) const {
  const auto rows = exact_rows("double_well", x, sigma, shape_);
  auto out = at::empty({rows.x.size(0), 2}, at::kDouble);
  for (std::int64_t i = 0; i < rows.x.size(0); ++i) {
    const double xi = rows.x.const_data_ptr<double>()[i], s = rows.sigma.const_data_ptr<double>()[i];
    double* sides = out.mutable_data_ptr<double>() + 2 * i;
    const double other = !std::isfinite(xi) ? nan
                         : s == 0           ? (xi == 0 ? .5 : 0)
                                            : Posterior(options_, std::abs(xi), 1 / (s * s)).share_below();
    sides[xi > 0 ? 0 : 1] = other, sides[xi > 0 ? 1 : 0] = 1 - other;
  }
  return out;
}

std::string DoubleWell::describe() const {
  return "double_well: a = " + shortest(options_.a) + ", beta = " + shortest(options_.beta);
}

namespace models {
namespace {

ModelPtr double_well_from(Section& section, const ModelContext&) {
  const DoubleWellOptions options{.a = section.positive("a", 1), .beta = section.positive("beta", 4)};
  return std::make_shared<DoubleWell>(options);
}

}  // namespace

extern const ModelKind double_well{"double_well", "exact score of exp(-beta (x^2 - a^2)^2), by quadrature",
                                   "{kind: double_well, a: 1, beta: 4}", double_well_from};
}  // namespace models

}  // namespace shockstep
