/// What the report may show of a model beside its samples.
#pragma once

#include <shockstep/score_model.hpp>

#include "output/report/known_model.hpp"

namespace shockstep::cli {

/// Density (at sigma_min), denoiser and means of a Gaussian mixture; of other models nothing.
KnownModel known_model(const ModelPtr& model, double sigma_min);

}  // namespace shockstep::cli
