/// Which samples are points of the training data.
///
/// Where data are locally uniform in D dimensions the ratio r1/r2 of the distances to the nearest and second nearest of them has
/// P(r1/r2 < c) = c^D (Facco, d'Errico, Rodriguez & Laio 2017, TwoNN), whatever their density. D is measured on points that were not
/// trained on; a sample whose (r1/r2)^D is improbable for all samples together (Bonferroni) has been memorised.
#pragma once

#include <shockstep/inspection.hpp>

#include <ATen/core/Tensor.h>

namespace shockstep {

/// samples [count, d]; rows that are not finite are left out. data: [n, d], 4 or more. held_out: [m, d], or undefined:
/// then the second half of the data is held out, and the first half stands for the training data. Throws ConfigError
/// for too few rows.
TrainingSection compare_with_training(const at::Tensor& samples, const at::Tensor& data, const at::Tensor& held_out);

}  // namespace shockstep
