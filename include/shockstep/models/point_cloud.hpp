/// Exact score of a finite data set: what a network that has learnt its training data by heart computes.
#pragma once

#include <shockstep/score_model.hpp>

namespace shockstep {

/// The data, and how much they are smoothed.
struct PointCloudOptions {
  at::Tensor points = {};  ///< [n, *shape], the data, of any type; [n] is n points on a line
  double std = 0;          ///< each point is a Gaussian of this width, data units; 0: the points themselves
};

/// p(x0) = 1/n sum_k N(p_k, std^2 I), the GaussianMixture of n equal components, for data sets that would not fit its
/// tables: the points are kept once, and working memory does not grow with n.
class PointCloud final : public ScoreModel, public ExactDensity, public ExactDraws, public ExactFlow {
 public:
  /// Throws ConfigError for no points, numbers that are not finite, or a negative width.
  explicit PointCloud(const PointCloudOptions& options);

  /// With std 0 the nearest point for sigma -> 0, 0 included.
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override;
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  /// Exact: sqrt(std^2 + trace of the points' covariance over d).
  double data_std() const override { return data_std_; }
  bool exact() const override { return true; }
  /// Density, draws, and the flow in one dimension. Its points are no modes: smoothed ones may be one hill together.
  Abilities abilities() const override;
  std::string describe() const override;

  at::Tensor log_density(const at::Tensor& x, const at::Tensor& sigma) const override;  ///< ln p_sigma, as fast as D
  at::Tensor draw(std::int64_t count, double sigma, std::uint64_t seed) const override;
  /// In one dimension, where it carries quantiles to quantiles; ModelError in more.
  at::Tensor flow(const at::Tensor& x, double from, double to) const override;

  /// n, how many there are.
  std::int64_t points() const { return centred_.size(0); }

 private:
  at::Tensor each_block(const at::Tensor& x, const at::Tensor& sigma, bool density) const;
  void block(const double* x, const double* sigma, std::int64_t rows, double* D, double* ln) const;

  std::vector<std::int64_t> shape_;
  at::Tensor centre_;   // c, mean of the points, [d]
  at::Tensor centred_;  // p_k - c, [n, d]: keeps |x|^2 - 2 x.p + |p|^2 from cancelling
  at::Tensor norm2_;    // |p_k - c|^2, [n]
  double norm2_max_ = 0, width2_ = 0, data_std_ = 0;
};

}  // namespace shockstep
