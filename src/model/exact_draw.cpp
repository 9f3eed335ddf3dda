#include "model/exact_draw.hpp"

#include <shockstep/random.hpp>

#include <numbers>

namespace shockstep {

double draw_uniform(std::uint64_t seed, std::int64_t row, std::uint64_t interval) {
  double u = 0;
  fill_uniform({&u, 1}, seed, Stream::exact, static_cast<std::uint64_t>(row), interval);
  return (u / std::numbers::sqrt3 + 1) / 2;
}

void draw_normal(std::span<double> out, std::uint64_t seed, std::int64_t row, std::uint64_t interval) {
  fill_normal(out, seed, Stream::exact, static_cast<std::uint64_t>(row), interval);
}

}  // namespace shockstep
