/// Where the dynamics of a score f(x)/sigma^p stand still, and which trajectories end there.
#pragma once

#include <shockstep/inspection.hpp>

#include "inspect/field.hpp"

namespace shockstep {

/// Coordinates up to which zeros are sought: df/dx is a full matrix.
inline constexpr std::int64_t most_stationary = 256;

/// Zeros of f, by Newton's method from the ends [n, d], from points about them and from lines between stable zeros;
/// which end settled on which zero; and the rate at which the flow approaches the stable ones.
StationarySection stationary_points(Field& field, const at::Tensor& ends, std::uint64_t seed);

}  // namespace shockstep
