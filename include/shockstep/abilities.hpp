/// What a model may know besides its denoiser: each an interface that a model of your own may implement too, and point to
/// from ScoreModel::abilities(). p_sigma is the density of x = x0 + sigma n.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace shockstep {

/// Its density. Likelihoods of encode then end on it, reports show it.
class ExactDensity {
 public:
  virtual ~ExactDensity() = default;
  /// ln p_sigma, [B] float64, at x [B, *shape] and sigma, [B] or one for all.
  virtual at::Tensor log_density(const at::Tensor& x, const at::Tensor& sigma) const = 0;
};

/// Independent samples of it. compare measures the distances of methods to them.
class ExactDraws {
 public:
  virtual ~ExactDraws() = default;
  /// Of p_sigma, [count, *shape] float64, sigma 0 included: row i is a function of (seed, i) alone.
  virtual at::Tensor draw(std::int64_t count, double sigma, std::uint64_t seed) const = 0;
};

/// Its probability flow, solved. The reference `exact` of compare.
class ExactFlow {
 public:
  virtual ~ExactFlow() = default;
  /// Where the flow carries x [B, *shape] from noise level `from` to `to`, float64; NaN where no double says.
  virtual at::Tensor flow(const at::Tensor& x, double from, double to) const = 0;
};

/// Its modes: parts that p(x0) is the weighted sum of. Comparisons count wrong modes and compare weights; inspect and
/// reports follow which is decided for when.
class Modes {
 public:
  virtual ~Modes() = default;
  virtual std::int64_t components() const = 0;           ///< K
  virtual const std::vector<double>& means() const = 0;  ///< mean of each, [K, d]
  virtual std::vector<double> weights() const = 0;       ///< [K], sum 1
  virtual double variance_min() const = 0;               ///< the least of any of them in any direction
  /// Posterior weights of the modes, [B, K] float64, at x [B, *shape] and sigma, [B] or one for all.
  virtual at::Tensor responsibilities(const at::Tensor& x, const at::Tensor& sigma) const = 0;
};

/// A score that is a product, s(x, sigma) = f(x)/sigma^power: of no diffusion, and inspected as the field that it is.
struct ProductForm {
  double sigma = 1;  ///< sigma_0, at which the field is evaluated, whatever sigma the sampler is at; data units
  double power = 1;  ///< p of s = f/sigma^p; 1 as usual, any finite number
};

/// Those of a model; null is unknown. They live as long as the model.
struct Abilities {
  const ExactDensity* density = nullptr;    ///< p_sigma
  const ExactDraws* draws = nullptr;        ///< samples of it
  const ExactFlow* flow = nullptr;          ///< where its flow leads
  const Modes* modes = nullptr;             ///< what it is a mixture of
  std::optional<ProductForm> product = {};  ///< that it is no score of a diffusion
};

}  // namespace shockstep
