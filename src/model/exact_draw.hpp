/// Random numbers of exact draws, addressed by (seed, row).
#pragma once

#include <cstdint>
#include <span>

namespace shockstep {

/// Uniform in (0, 1], the first of `interval`.
double draw_uniform(std::uint64_t seed, std::int64_t row, std::uint64_t interval);
/// Standard normal.
void draw_normal(std::span<double> out, std::uint64_t seed, std::int64_t row, std::uint64_t interval = 0);

}  // namespace shockstep
