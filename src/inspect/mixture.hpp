/// The Gaussian mixture that a model is compared with.
#pragma once

#include <shockstep/inspection.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/score_model.hpp>

#include <memory>

namespace shockstep {

/// Components at the clusters of the samples [count, d], of their weights and their pooled covariance, plus sigma_min^2 of noise;
/// isotropic ones of the same trace where d is large.
std::shared_ptr<const GaussianMixture> mixture_at(const ClusterSection& clusters, const at::Tensor& samples,
                                                  double sigma_min);

/// The same model, or with x and D rounded to float32 as a network's are.
ModelPtr rounded_like(const std::shared_ptr<const GaussianMixture>& mixture, bool float32);

}  // namespace shockstep
