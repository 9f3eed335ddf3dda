/// The Gaussian mixture that a model is compared with.
#pragma once

#include <shockstep/inspection.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/score_model.hpp>

#include <memory>

namespace shockstep {

/// A component at each cluster of the samples [count, d], with the cluster's weight; all have the pooled covariance
/// plus that of noise sigma_min, isotropic with the same trace where d is large.
std::shared_ptr<const GaussianMixture> mixture_at(const ClusterSection& clusters, const at::Tensor& samples,
                                                  double sigma_min);

/// The mixture itself, or one whose x and D are rounded to float32 as a network's are.
ModelPtr rounded_like(const std::shared_ptr<const GaussianMixture>& mixture, bool float32);

}  // namespace shockstep
