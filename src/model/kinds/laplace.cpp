#include <shockstep/error.hpp>
#include <shockstep/registry.hpp>

#include "core/magnitude.hpp"
#include "core/nan.hpp"
#include "core/placed.hpp"
#include "core/text.hpp"
#include "model/exact_draw.hpp"
#include "model/exact_rows.hpp"
#include "model/section_tensor.hpp"

#include <shockstep/tensor_values.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace shockstep {
namespace {

/// E[z - u | z > u] of a standard normal z: phi(u)/Phi(-u) - u, or where that cancels its continued fraction 1/(u + 2/(u + 3/(u + ...)))
/// (Abramowitz & Stegun 26.2.14), whose hundred terms leave 1e-15 of it.
double excess(double u) {
  if (u < 2)
    return std::exp(-.5 * u * u) / std::sqrt(2 * std::numbers::pi) / (.5 * std::erfc(u / std::numbers::sqrt2)) - u;
  double below = u;
  for (int k = 100; k > 1; --k) below = u + k / below;
  return 1 / below;
}

/// Of y with density exp(-|y|/b)/(2 b), given x = y + sigma n >= 0: a normal about x - sigma^2/b above 0, and one about x + sigma^2/b
/// below, each cut off at 0.
struct Sides {
  double above, below;  // ln int exp(-|y|/b) N(x; y, sigma^2) dy of each side
  double mean;

  Sides(double x, double sigma, double b) {
    const double up = sigma / b - x / sigma, down = sigma / b + x / sigma, far = excess(down);
    const double peak = -.5 * (x / sigma) * (x / sigma) - .5 * std::log(2 * std::numbers::pi);
    // Phi(-u) = phi(u)/(u + excess(u)), and phi(u) with the factor exp(sigma^2/(2 b^2) -+ x/b) is phi(x/sigma).
    below = peak - std::log(down + far);
    above = up < 0 ? std::log(.5 * std::erfc(up / std::numbers::sqrt2)) + .5 * (sigma / b) * (sigma / b) - x / b
                   : peak - std::log(up + excess(up));
    const double odds = std::exp(below - above);
    mean = sigma * (excess(up) - odds * far) / (1 + odds);
  }
};

/// p(x0) = prod_j exp(-|x0_j|/b_j)/(2 b_j): sparse, of heavy tails, what wavelet coefficients of images look like; D is a soft threshold.
class Laplace final : public ScoreModel, public ExactDensity, public ExactDraws {
 public:
  explicit Laplace(std::vector<double> scales) : b_(std::move(scales)), shape_{std::ssize(b_)} {
    double square = 0;
    for (const double b : b_) {
      check_length("scale", b);
      square += 2 * b * b;
    }
    data_std_ = std::sqrt(square / static_cast<double>(b_.size()));
  }

  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    const auto rows = exact_rows("laplace", x, sigma, shape_);
    at::Tensor D = at::empty_like(rows.x);
    each(rows, [out = D.mutable_data_ptr<double>(), d = b_.size()](std::size_t i, std::size_t j, double xj, double s,
                                                                   double b) {
      out[i * d + j] = std::isfinite(xj) ? std::copysign(s > 0 ? Sides(std::abs(xj), s, b).mean : xj, xj) : nan;
    });
    return D;
  }

  at::Tensor log_density(const at::Tensor& x, const at::Tensor& sigma) const override {
    const auto rows = exact_rows("laplace", x, sigma, shape_);
    at::Tensor ln = at::empty({rows.x.size(0)}, at::kDouble).fill_(0);
    each(rows, [out = ln.mutable_data_ptr<double>()](std::size_t i, std::size_t, double xj, double s, double b) {
      double of = -std::abs(xj) / b;
      if (s > 0) {
        const Sides y(std::abs(xj), s, b);
        of = y.above + std::log1p(std::exp(y.below - y.above));
      }
      out[i] += of - std::log(2 * b);
    });
    return ln;
  }

  at::Tensor draw(std::int64_t count, double sigma, std::uint64_t seed) const override {
    at::Tensor out = at::empty({count, shape_[0]}, at::kDouble);
    std::vector<double> z(b_.size());
    for (std::int64_t i = 0; i < count; ++i) {
      draw_normal(z, seed, i);
      for (std::size_t j = 0; j < b_.size(); ++j) {
        const double far = -b_[j] * std::log(draw_uniform(seed, i, 2 * j + 1));
        const double y = draw_uniform(seed, i, 2 * j + 2) > .5 ? far : -far;
        out.mutable_data_ptr<double>()[static_cast<std::size_t>(i) * b_.size() + j] = y + sigma * z[j];
      }
    }
    return out;
  }

  const std::vector<std::int64_t>& shape() const override { return shape_; }
  double data_std() const override { return data_std_; }
  bool exact() const override { return true; }
  Abilities abilities() const override { return {.density = this, .draws = this}; }
  std::string describe() const override {
    return "laplace: " + std::to_string(b_.size()) + " dimension" + (b_.size() == 1 ? "" : "s") +
           ", standard deviation " + shortest(data_std_);
  }

 private:
  /// visit(row, coordinate, x, sigma, scale)
  template <class Visit>
  void each(const ExactRows& rows, Visit visit) const {
    for (std::size_t i = 0, n = static_cast<std::size_t>(rows.x.size(0)); i < n; ++i)
      for (std::size_t j = 0; j < b_.size(); ++j)
        visit(i, j, rows.x.const_data_ptr<double>()[i * b_.size() + j], rows.sigma.const_data_ptr<double>()[i], b_[j]);
  }

  std::vector<double> b_;
  std::vector<std::int64_t> shape_;
  double data_std_ = 0;
};

ModelPtr laplace_from(Section& section, const ModelContext&) {
  const at::Tensor scale =
      section.has("scale") ? section_tensor(section, "scale") : at::empty({}, at::kDouble).fill_(1);
  std::vector<double> scales = values(scale.reshape({-1}));
  if (scale.dim() > 1 || scales.empty()) section.fail("scale", "must be a number, or one for each coordinate");
  const auto d = section.integer_at_least("dimension", 1, std::ssize(scales));
  if (scale.dim() == 0) scales.assign(static_cast<std::size_t>(d), scales.front());
  if (std::ssize(scales) != d)
    section.fail("scale", "must be a number, or one for each of the " + std::to_string(d) + " coordinates, got " +
                              std::to_string(scales.size()));
  section.ignore("scale");
  return placed(section, [&] { return std::make_shared<Laplace>(std::move(scales)); });
}

}  // namespace

namespace models {
extern const ModelKind laplace{"laplace", "exact score of independent Laplace coordinates, exp(-|x|/scale)",
                               "{kind: laplace, scale: 0.5}", laplace_from};
}

}  // namespace shockstep
