/// Third derivatives of a mixture's log-density and the rate at which its score changes with tau = sigma^2/2.
#pragma once

#include <shockstep/models/gaussian_mixture.hpp>

#include "paper/analysis.hpp"

namespace shockstep::paper {

struct MixtureDerivatives {
  Values laplacian;  ///< Laplacian of each component of the score, [n, d]
  Values rate;       ///< ds/dtau, [n, d]
};

/// Of isotropic components, at rows x [n, d]. With posterior weights r_k, component scores s_k = (mu_k - x)/v_k and
/// deviations delta_k = s_k - s:
///   d r_k/dx_j = r_k delta_kj            =>  Laplacian s = E[delta |delta|^2] - (d + 2) E[delta/v]
///   d r_k/dtau = r_k (l_k - E[l])        =>  ds/dtau = E[(s_k - s) l_k] - 2 E[s_k/v_k],  l_k = |s_k|^2 - d/v_k
/// from dv/dtau = 2 alone: neither uses the equation that relates the two, which the analysis checks.
MixtureDerivatives mixture_derivatives(const GaussianMixture& model, const Values& x, double sigma);

}  // namespace shockstep::paper
