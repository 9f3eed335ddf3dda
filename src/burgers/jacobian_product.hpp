/// What every probe of dD/dx is made of: a product by a forward difference, and a random direction.
#pragma once

#include "core/task.hpp"
#include "state/state.hpp"

#include <cstdint>

namespace shockstep {

/// Where D is known at `predicted` only, but the trajectory goes on from `corrected`: the two can lie on different sides of a thin
/// interface, so differences are centred on the corrected point where they can be.
struct ProbedPoint {
  Vector predicted, corrected, D;
  double sigma;
};

/// Shortest difference over sigma: that of float32 and finer types.
inline constexpr double shortest_difference = .01;

/// out = J v for a unit vector v, by one evaluation; `shortest`: difference over sigma. Returns (corrected - predicted).v. The point must not be State::point.
Task<double> jacobian_product(State& state, ProbedPoint at, Vector v, Vector out, double shortest);

/// Uniform numbers, addressed by the trajectory and a number of the probe's own.
Awaited<Done> write_random_direction(State& state, Vector out, std::int64_t trajectory, std::uint64_t number);

}  // namespace shockstep
