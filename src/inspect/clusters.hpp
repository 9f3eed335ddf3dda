/// The modes that samples belong to.
#pragma once

#include <shockstep/inspection.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace shockstep {

/// Mean of each k-means cluster, by Lloyd's algorithm from the best of several k-means++ starts (Arthur & Vassilvitskii 2007). k = 0:
/// of k from 2 to 12 the one whose mean silhouette (Rousseeuw 1987) most exceeds that of k clusters in samples of one
/// Gaussian with the same mean and covariance; one cluster where that excess is below .05 or 1/sqrt(n).
/// samples: [n, d], finite rows count.
ClusterSection clusters_of(const at::Tensor& samples, std::int64_t k, std::uint64_t seed);

/// Each sample goes to the nearest of the means [K, d].
ClusterSection clusters_at(const at::Tensor& samples, const at::Tensor& means, const char* source);

/// Means of the classes of data [n, d]; labels [n], any numbers: classes are in their order.
at::Tensor class_means(const at::Tensor& data, const at::Tensor& labels);

/// Index of the nearest of the means [K, d] for each row, -1 for rows that are not finite.
std::vector<int> nearest_mean(const at::Tensor& rows, const at::Tensor& means);

/// [K, d].
at::Tensor means_of(const ClusterSection& clusters);

}  // namespace shockstep
