/// Eigenvalues of dD/dx along trajectories.
#pragma once

#include <shockstep/inspection.hpp>

#include "inspect/evaluator.hpp"

#include <vector>

namespace shockstep {

/// nodes: states of the same trajectories, sigma descending. An eigenvalue of a Gaussian of variance v along it is v/(v + sigma^2): above
/// 1/2 the direction is resolved, v > sigma^2, and the number of these is the local dimension of the data at that noise.
SpectrumSection measure_spectrum(Evaluator& model, const std::vector<States>& nodes, double step, std::uint64_t seed);

}  // namespace shockstep
