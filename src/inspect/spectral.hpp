/// The spectral criterion: when a direction of the data emerges from the noise.
#pragma once

#include <shockstep/inspection.hpp>

#include <ATen/core/Tensor.h>

namespace shockstep {

/// In the clock alpha = e^-t of x_t = alpha x0 + sqrt(1 - alpha^2) n the direction of eigenvalue Lambda of the data's covariance decides
/// at t_s = (1/2) ln Lambda (Biroli, Bonnaire, de Bortoli & Mezard 2024), where the signal's variance alpha^2 Lambda has fallen to 1:
/// sigma^2 = (1 - alpha^2)/alpha^2 = Lambda - 1. The 1 is the noise of large times for 1 - alpha^2; with that kept, signal equals
/// noise at sigma^2 = Lambda, which knows no unit of the data and is what holds in the variance exploding frame.
/// rows: [n, d], the covariance's. speciations: those of the events, with directions, whose sigmas stand beside.
SpectralSection spectral_prediction(const at::Tensor& rows, const char* source,
                                    const std::vector<TrajectoryReport>& reports);

}  // namespace shockstep
