/// Settings of an Encoder (encoder.hpp), no tensors.
#pragma once

namespace shockstep {

/// How the trace of dD/dx is measured, from whose integral ln p follows (docs/encode.md).
enum class Likelihood {
  automatic,   ///< exact up to 16 dimensions, else hutchinson
  off,         ///< latents only: one evaluation a step
  exact,       ///< the trace of dD/dx along every coordinate: 2 d evaluations more at every step
  hutchinson,  ///< along `probes` random directions: 2 evaluations more for each
};

/// Settings of an Encoder, beside those of its steps.
struct EncodeOptions {
  Likelihood likelihood = Likelihood::automatic;  ///< how ln p is measured, if it is
  int probes = 4;                                 ///< of hutchinson, at least 2: their spread is the standard error
  bool add_noise = true;  ///< adds the noise of sigma_min, which the model's data have; off: the data given have it
};

}  // namespace shockstep
