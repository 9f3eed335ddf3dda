/// How a sample is made: settings of the method, no tensors.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/method.hpp>

namespace shockstep {

enum class Final {
  denoise,  ///< return D at sigma_min: the expected clean sample
  keep,     ///< return the state at sigma_min, its noise included
};

struct SamplerOptions {
  Method method = Method::multistep;
  int order = 3;  ///< of the multistep predictor, 1 to 5; it also lands a Runge-Kutta method short of evaluations
  double tolerance = 1e-2;  ///< bound on the weighted error of a step: root mean square over coordinates, data units
  GuardOptions guard{};
  int max_evaluations = 1000;  ///< per trajectory, never exceeded; the last ones are kept to land on sigma_min
  Final final = Final::denoise;
};

}  // namespace shockstep
