/// Central differences of D at states: products with its Jacobian and second derivatives along directions.
#pragma once

#include <shockstep/precision.hpp>

#include "inspect/evaluator.hpp"

namespace shockstep {

/// Steps of the differences over sigma balance truncation, of the order of the step's square times (distance of
/// modes/sigma)^2, and rounding, 1e-16 or 1e-7 over the step's square.
inline constexpr DifferenceStep inspect_step{.float64 = 1e-2, .float32 = .05};

struct Differences {
  at::Tensor first;   ///< J v for each direction v, [n, m, d]
  at::Tensor second;  ///< sum_ij v_i v_j d2D/dx_i dx_j, [n, m, d]; undefined without D
};

/// directions: [n, m, d], or [m, d] the same for all. 2 m evaluations a state. D: at the states, [n, d], for the second derivatives.
Differences differences(Evaluator& model, const States& states, const at::Tensor& directions, double step,
                        const at::Tensor& D = {});

/// Eigenvalues of (J + J^T)/2, descending, [.., d].
at::Tensor symmetric_eigenvalues(const at::Tensor& J);

/// Eigenvalues of the symmetrised Jacobian of D at states. d up to `most_complete`: all of them, by differences along
/// every coordinate (2 d evaluations). Else the Ritz values of `products` Lanczos products. [n, min(d, products)]
inline constexpr std::int64_t most_complete = 256;
at::Tensor jacobian_spectrum(Evaluator& model, const States& states, double step, std::int64_t products,
                             std::uint64_t seed);

/// Standard normal numbers [rows, columns], row i addressed by (seed, i).
at::Tensor normal_rows(std::int64_t rows, std::int64_t columns, std::uint64_t seed);

}  // namespace shockstep
