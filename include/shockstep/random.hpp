/// Counter-based random numbers: a draw is a function of its address, so no trajectory can disturb another's noise.
#pragma once

#include <cstdint>
#include <span>

namespace shockstep {

/// What a stream of random numbers is for; part of the key, so that streams never overlap.
enum class Stream : std::uint32_t {
  start = 0,      ///< starting latents of the samples
  pilot = 1,      ///< starting latents of the pilot
  direction = 2,  ///< probe directions
  path = 3,       ///< Brownian paths of the reverse SDE
  datum = 4,      ///< noise of sigma_min that data get before they go up
  trace = 5,      ///< signs of the trace's directions
  exact = 6,      ///< exact samples, random projections and orders of rows that comparisons measure with
  inspect = 7,    ///< directions and starts of the analyses of inspect
};

/// Fills `out` with standard normal numbers addressed by (seed, stream, trajectory, interval): element j is the same
/// whatever else was drawn before. Philox4x64-10 (Salmon et al. 2011) and Box-Muller in double precision.
void fill_normal(std::span<double> out, std::uint64_t seed, Stream stream, std::uint64_t trajectory,
                 std::uint64_t interval = 0);

/// The same with uniform numbers of unit variance, in (-sqrt 3, sqrt 3]: cheaper where the distribution does not
/// matter.
void fill_uniform(std::span<double> out, std::uint64_t seed, Stream stream, std::uint64_t trajectory,
                  std::uint64_t interval = 0);

}  // namespace shockstep
