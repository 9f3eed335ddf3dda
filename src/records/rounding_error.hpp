/// How far a network's type moves its samples.
#pragma once

#include <cstdint>

namespace shockstep {

/// Of a network in half precision against itself in float32, on the same rows.
struct RoundingError {
  double rms = 0;         ///< of the samples' difference, over rows and coordinates, data units; NaN: the model failed
  std::int64_t rows = 0;  ///< samples compared
  std::int64_t computed = 0;  ///< rows that the model computed for it, in either type
};

}  // namespace shockstep
