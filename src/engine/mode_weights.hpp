/// Whether every mode gets its share of the samples.
#pragma once

#include <shockstep/abilities.hpp>
#include <shockstep/comparison_result.hpp>

namespace shockstep {

/// A mode's share is its mean responsibility at sigma over the samples [n, *shape], whose expectation over exact samples
/// of p_sigma is its weight w exactly, overlapping or not; its standard error is sqrt(w (1 - w)/n), an upper bound. Sets
/// mode_weights, with the error of the mode that deviates most, and mode_weights_z.
void measure_mode_weights(const Modes& modes, const at::Tensor& samples, double sigma, DistributionDistances& out);

}  // namespace shockstep
