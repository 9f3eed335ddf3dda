/// Exact score of a Gaussian mixture: the closed form against which everything is tested.
#pragma once

#include <shockstep/score_model.hpp>

#include <vector>

namespace shockstep {

/// p(x0) = sum_k w_k N(mean_k, C_k); at noise sigma the k-th covariance is C_k + sigma^2 I.
struct GaussianMixtureOptions {
  at::Tensor means = {};        ///< mean_k, [K, d], of any type: all of these become float64; data units
  at::Tensor stds = {};         ///< [K] or scalar: isotropic components; undefined if covariances are given
  at::Tensor covariances = {};  ///< [K, d, d], symmetric positive semi-definite; undefined if stds are given
  at::Tensor weights = {};      ///< [K], positive, normalised here; undefined: equal
};

/// The mixture as a model, D = sum_k r_k E_k[x0 | x] with the posterior weights r_k, to rounding. Samples have the
/// shape [d].
class GaussianMixture final : public ScoreModel,
                              public ExactDensity,
                              public ExactDraws,
                              public ExactFlow,
                              public Modes {
 public:
  /// Throws ConfigError for shapes that do not fit, negative widths, weights that are not positive, or a matrix that is
  /// no covariance.
  explicit GaussianMixture(const GaussianMixtureOptions& options);
  GaussianMixture(GaussianMixture&&) noexcept;  ///< what is moved from can only be destroyed
  ~GaussianMixture() override;

  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override;
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  /// Exact: sqrt of the trace of the mixture's covariance over d.
  double data_std() const override { return data_std_; }
  bool exact() const override { return true; }
  /// All but a product; the flow in one dimension.
  Abilities abilities() const override;
  std::string describe() const override;

  std::int64_t components() const override { return K_; }  ///< K
  const std::vector<double>& means() const override;       ///< mu_k, [K, d]
  double variance_min() const override;                    ///< smallest eigenvalue of any C_k
  std::vector<double> weights() const override;            ///< w_k, [K], sum 1
  std::vector<double> variances() const;                   ///< eigenvalues of C_k, [K, d]

  // Closed forms for tests, references and diagnostics, at rows x [B, d], sigma [B] or one for all; everything
  // float64. They throw ModelError for other shapes.
  at::Tensor score(const at::Tensor& x, const at::Tensor& sigma) const;                 ///< grad ln p_sigma, [B, d]
  at::Tensor log_density(const at::Tensor& x, const at::Tensor& sigma) const override;  ///< ln p_sigma, [B]
  at::Tensor responsibilities(const at::Tensor& x,
                              const at::Tensor& sigma) const override;         ///< posterior weights, [B, K]
  at::Tensor jacobian(const at::Tensor& x, const at::Tensor& sigma) const;     ///< dD/dx = Cov[x0|x]/sigma^2, [B, d, d]
  at::Tensor growth_rate(const at::Tensor& x, const at::Tensor& sigma) const;  ///< J - 1, J = lambda_max(dD/dx), [B]
  /// growth_rate(), as it was called before 0.2.
  [[deprecated("use growth_rate")]] at::Tensor top_rate(const at::Tensor& x, const at::Tensor& sigma) const {
    return growth_rate(x, sigma);
  }

  at::Tensor draw(std::int64_t count, double sigma, std::uint64_t seed) const override;
  /// In one dimension, where it carries quantiles to quantiles; ModelError in more.
  at::Tensor flow(const at::Tensor& x, double from, double to) const override;

  struct Parts;  ///< precomputed factors; defined in the sources

 private:
  std::unique_ptr<Parts> parts_;
  std::vector<std::int64_t> shape_;
  std::int64_t K_ = 0, d_ = 0;
  double data_std_ = 0;
};

}  // namespace shockstep
