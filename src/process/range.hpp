/// The range of a process where its options leave it open.
#pragma once

#include <shockstep/process.hpp>

#include <limits>

namespace shockstep {

/// Of sigma, data units.
struct SigmaRange {
  double low = 0, high = std::numeric_limits<double>::infinity();
};

/// `functions` with the range that is `given`, where 0 stands for `own`. Throws ConfigError unless it lies within `reach`, what the
/// process has.
ProcessFunctions in_range(ProcessFunctions functions, SigmaRange given, SigmaRange own, SigmaRange reach = {});

}  // namespace shockstep
