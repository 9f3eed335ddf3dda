/// Whether every mode of a mixture gets its share of the samples.
#pragma once

#include <shockstep/comparison_result.hpp>
#include <shockstep/models/gaussian_mixture.hpp>

namespace shockstep {

/// A component's share is its mean responsibility at sigma over the samples [n, d], whose expectation over exact samples
/// of p_sigma is its weight w exactly, overlapping or not; its standard error is sqrt(w (1 - w)/n), an upper bound. Sets
/// mode_weights, with the error of the component that deviates most, and mode_weights_z.
void measure_mode_weights(const GaussianMixture& mixture, const at::Tensor& samples, double sigma,
                          DistributionDistances& out);

}  // namespace shockstep
