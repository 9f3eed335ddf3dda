/// The probability flow of a mixture on a line, for rows.
#pragma once

#include "core/quantile_transport.hpp"

#include <ATen/core/Tensor.h>

namespace shockstep {

/// Each number of x carried from noise level `from` to `to`.
at::Tensor line_flow(const ScalarMixture& mixture, const at::Tensor& x, double from, double to);

}  // namespace shockstep
