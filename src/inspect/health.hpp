/// Whether D is a denoiser that a score belongs to: curl, the equation of the diffusion, the entropy condition.
///
/// With tau = sigma^2/2 a score s = (D - x)/sigma^2 obeys s_tau = Laplacian s + grad |s|^2 and is a gradient (arXiv 2604.07404).
/// Multiplied by sigma^4 that is, J = dD/dx,
///   dD/dln sigma = sigma^2 Laplacian D + 2 J^T (D - x),
/// since s_tau sigma^4 = dD/dln sigma - 2 (D - x) and grad |s|^2 sigma^4 = 2 (J - I)^T (D - x). J = Cov[x0|x]/sigma^2, so that its
/// eigenvalues are not negative: Oleinik's entropy condition.
#pragma once

#include <shockstep/inspection.hpp>
#include <shockstep/models/gaussian_mixture.hpp>

#include "inspect/evaluator.hpp"

#include <vector>

namespace shockstep {

struct HealthPlan {
  double step = 0;       ///< of the differences over sigma
  bool float32 = false;  ///< the exact mixture is rounded so
  std::uint64_t seed = 0;
};

/// levels: states visited, sigma descending, [rows, d] each. mixture: the exact model they are compared with, at draws
/// of its own.
HealthSection check_health(Evaluator& model, const Process& process, const std::vector<States>& levels,
                           const std::shared_ptr<const GaussianMixture>& mixture, const HealthPlan& plan);

}  // namespace shockstep
