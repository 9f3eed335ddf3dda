#include <shockstep/models/double_well.hpp>

#include "core/nan.hpp"
#include "core/text.hpp"
#include "model/exact_rows.hpp"
#include "model/factories.hpp"
#include "model/section_tensor.hpp"

#include <shockstep/error.hpp>

#include <ATen/ops/empty_like.h>
#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
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

  // Mean of g(y). The trapezoidal rule: f = g exp(-E) is entire, so with step h its error is below
  // 2 exp(-2 pi eta/h) int |f(y + i eta)| dy for every eta (Trefethen & Weideman 2014, theorem 5.1), and here
  // Re E(y + i eta) = E(y) - eta^2 E''(y)/2 + beta eta^4. With K >= E'' wherever exp(-E) counts, eta = 2 pi/(h K) and
  // h = .65/sqrt(K) that is about 2 exp(-2 pi^2/.65^2) = 1e-20.
  template <class G>
  double mean(G g) const {
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
    return weighted / sum;
  }

  double mode() const { return mode_; }  // the highest

 private:
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
  data_std_ = std::sqrt(Posterior(options_, 0, 0).mean([](double y) { return y * y; }));
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

std::string DoubleWell::describe() const {
  return "double_well: a = " + shortest(options_.a) + ", beta = " + shortest(options_.beta);
}

ModelPtr double_well_from(Section& section, const ModelContext&) {
  const DoubleWellOptions options{.a = section.positive("a", 1), .beta = section.positive("beta", 4)};
  return std::make_shared<DoubleWell>(options);
}

}  // namespace shockstep
