/// Exact score of a density that is no mixture: exp(-beta (x^2 - a^2)^2) on a line.
#pragma once

#include <shockstep/score_model.hpp>

namespace shockstep {

/// Of the density on a line.
struct DoubleWellOptions {
  double a = 1;     ///< the wells lie at +-a, data units
  double beta = 4;  ///< inverse temperature: the barrier between them is beta a^4 high
};

/// p(x0) proportional to exp(-beta (x0^2 - a^2)^2);
///   D(x, sigma) = int y p(y) N(x; y, sigma^2) dy / int p(y) N(x; y, sigma^2) dy
/// by quadrature, to rounding at every sigma. Work grows as sqrt(beta) a^2.
class DoubleWell final : public ScoreModel, public ExactDensity, public ExactDraws, public Modes {
 public:
  /// Throws ConfigError unless a and beta are positive and finite.
  explicit DoubleWell(const DoubleWellOptions& options);

  /// Odd in x, to the last bit.
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override;
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  /// Exact: sqrt of the mean of x0^2.
  double data_std() const override { return data_std_; }
  bool exact() const override { return true; }
  /// Density, draws and modes, its two sides.
  Abilities abilities() const override;
  std::string describe() const override;

  at::Tensor log_density(const at::Tensor& x, const at::Tensor& sigma) const override;  ///< by quadrature, as D
  at::Tensor draw(std::int64_t count, double sigma, std::uint64_t seed) const override;
  std::int64_t components() const override { return 2; }                                     ///< x0 < 0, and x0 > 0
  const std::vector<double>& means() const override { return means_; }                       ///< of x0 on each side
  double variance_min() const override { return variance_; }                                 ///< of x0 on either side
  std::vector<double> weights() const override { return {.5, .5}; }                          ///< by symmetry
  at::Tensor responsibilities(const at::Tensor& x, const at::Tensor& sigma) const override;  ///< P(side | x)

 private:
  DoubleWellOptions options_;
  std::vector<std::int64_t> shape_ = {1};
  std::vector<double> means_;
  double data_std_ = 0, variance_ = 0, log_norm_ = 0;
};

}  // namespace shockstep
