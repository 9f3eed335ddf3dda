/// When trajectories commit to the cluster that they end in.
///
/// Of two means m_a and m_b, u = (|D - m_b|^2 - |D - m_a|^2)/|m_a - m_b|^2 is linear in D, 1 where D is the mean a and -1 where it is b:
/// for two narrow modes D = m_a w + m_b (1 - w) with w the posterior weight of a, and u = 2 w - 1. A trajectory that ends in a is
/// committed against b below the largest sigma from which on u stays above 1/2, a weight of three quarters.
#pragma once

#include <shockstep/inspection.hpp>
#include <shockstep/process.hpp>

#include <ATen/core/Tensor.h>

#include <vector>

namespace shockstep {

class Commitment {
 public:
  /// nodes: sigma, descending. means: [K, d].
  Commitment(std::vector<double> nodes, at::Tensor means) : nodes_(std::move(nodes)), means_(std::move(means)) {}

  /// D at the next node, [n, d].
  void node(const at::Tensor& D);

  /// clusters: found in the adaptive run's samples [count, d]; the first of these are the trajectories followed here.
  CommitmentSection section(const ClusterSection& clusters, const at::Tensor& samples) const;

 private:
  std::vector<double> nodes_;
  at::Tensor means_;
  std::vector<at::Tensor> distances2_;  // [n, K] at each node
};

}  // namespace shockstep
