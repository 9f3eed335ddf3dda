#include <shockstep/error.hpp>
#include <shockstep/models/double_well.hpp>
#include <shockstep/registry.hpp>

#include "core/magnitude.hpp"
#include "core/nan.hpp"
#include "core/placed.hpp"
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

// Of a, whose fourth power counts; and of beta a^4, the height of the barrier, beyond which the wells are narrower than 4e-7 a and
// rounding of y^2 - a^2 is seen in them.
constexpr double largest_a = 1e50, least_beta = 1e-200, highest_barrier = 1e12;

// Noise is small where sigma^2 E'' is below this, E = beta (y^2 - a^2)^2: the mode of the posterior is then lost in the rounding of x, and
// the series in sigma^2 is exact to the square of this.
constexpr double small_noise = 1e-9;

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
      if (rise(other - mode_) < negligible) leftmost_ = other;
    }
  }

  // Mean of g(y - mode).
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
      below += boost::math::quadrature::gauss<double, 15>::integrate(
          [this](double at) { return std::exp(-rise(at - mode_)); }, y - 4 * h, y);
      if (!(rise(y - 4 * h - mode_) < negligible || y - 4 * h > leftmost_)) return below / (h * sum);
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
    const auto add = [&](double k) {
      const double e = rise(k * h), w = std::exp(-e);
      sum += w, weighted += w * g(k * h);
      return e < negligible;
    };
    add(0);
    for (double k = 1; add(k); ++k) {}
    double least = -1;
    while (add(least)) --least;
    // The other well, from its middle both ways; nothing counts between.
    if (const double other = std::round((leftmost_ - mode_) / h); other < least) {
      for (double k = other; add(k); --k) {}
      for (double k = other + 1; k < least && add(k); ++k) {}
    }
    return {h, sum, weighted};
  }

  double energy(double y) const {
    const double well = y * y - a2_, pull = y - x_;
    return beta_ * well * well + .5 * precision_ * pull * pull;
  }
  // E(mode + u) - E(mode), in factors, so that nothing cancels near the mode or where the two modes are alike.
  double rise(double u) const {
    const double y = mode_ + u;
    return u * (beta_ * (2 * mode_ + u) * (y * y + mode_ * mode_ - 2 * a2_) + .5 * precision_ * (u + 2 * (mode_ - x_)));
  }
  // Root of E'(y)/(4 beta) = y^3 + p y + q, from a guess beyond it, whence Newton's method runs straight to it.
  double root(double low, double high, double guess) const {
    const auto slope = [this](double y) { return std::pair((y * y + p_) * y + q_, 3 * y * y + p_); };
    return boost::math::tools::newton_raphson_iterate(slope, guess, low, high, 40);
  }

  double a2_, beta_, x_, precision_, p_, q_;
  double mode_, leftmost_;
};

void check(const DoubleWellOptions& options) {
  check_length("a", options.a);
  if (options.a > largest_a || options.a < 1 / largest_a)
    throw ConfigError(
        "a", "must be from " + shortest(1 / largest_a) + " to " + shortest(largest_a) + ", got " + shortest(options.a));
  if (!(options.beta > 0)) throw ConfigError("beta", "must be positive, got " + shortest(options.beta));
  const double most = highest_barrier / std::pow(options.a, 4);
  if (!(options.beta <= most))
    throw ConfigError("beta", "must be at most 1e12/a^4 = " + shortest(most) + ", got " + shortest(options.beta) +
                                  "; wells as narrow are two points, for kind: point_cloud");
  if (options.beta < least_beta)
    throw ConfigError("beta", "must be at least " + shortest(least_beta) + ", got " + shortest(options.beta));
}

// E', E'' and a bound of |E''| of the density.
struct Slopes {
  double first, second, bound;

  Slopes(const DoubleWellOptions& o, double x)
      : first(4 * o.beta * x * (x - o.a) * (x + o.a)),
        second(4 * o.beta * (3 * x * x - o.a * o.a)),
        bound(4 * o.beta * (3 * x * x + o.a * o.a)) {}
};

}  // namespace

DoubleWell::DoubleWell(const DoubleWellOptions& options) : options_(options) {
  check(options);
  const Posterior density(options_, 0, 0);
  const double mode = density.mode();
  const double square = density.mean([mode](double u) { return (mode + u) * (mode + u); });
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
    if (const Slopes E(options_, xi); s * s * E.bound < small_noise) {
      mean = xi - s * s * E.first;
      continue;
    }
    const Posterior posterior(options_, std::abs(xi), 1 / (s * s));
    // About the mode: at small sigma D - mode is small.
    mean = std::copysign(1., xi) * (posterior.mode() + posterior.mean([](double u) { return u; }));
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
    else if (const Slopes E(options_, xi); s * s * E.bound < small_noise)
      ln = -options_.beta * std::pow((xi - options_.a) * (xi + options_.a), 2) - log_norm_ +
           .5 * s * s * (E.first * E.first - E.second);
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
  const DoubleWellOptions options{.a = section.number("a", 1), .beta = section.number("beta", 4)};
  return placed(section, [&] { return std::make_shared<DoubleWell>(options); });
}

}  // namespace

extern const ModelKind double_well{"double_well", "exact score of exp(-beta (x^2 - a^2)^2), by quadrature",
                                   "{kind: double_well, a: 1, beta: 4}", double_well_from};
}  // namespace models

}  // namespace shockstep
