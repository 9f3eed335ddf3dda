#include <shockstep/random.hpp>

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace shockstep {
namespace {

/// The upper 53 bits as a number in (0, 1], so that its logarithm is finite.
double open_unit(std::uint64_t bits) { return static_cast<double>((bits >> 11) + 1) * 0x1p-53; }

/// Calls use(j, bits) for each block of four words; j is the index of the first of its numbers.
template <class Use>
void for_blocks(std::size_t count, std::uint64_t seed, Stream stream, std::uint64_t trajectory, std::uint64_t interval,
                Use use) {
  const r123::Philox4x64 philox;
  const r123::Philox4x64::key_type key{{seed, static_cast<std::uint64_t>(stream)}};
  for (std::size_t block = 0; 4 * block < count; ++block)
    use(4 * block, philox({{trajectory, interval, block, 0}}, key));
}

}  // namespace

void fill_normal(std::span<double> out, std::uint64_t seed, Stream stream, std::uint64_t trajectory,
                 std::uint64_t interval) {
  for_blocks(out.size(), seed, stream, trajectory, interval, [&](std::size_t first, const auto& bits) {
    for (std::size_t pair = 0; pair < 2; ++pair) {  // Box-Muller
      const std::size_t j = first + 2 * pair;
      if (j >= out.size()) return;
      const double radius = std::sqrt(-2 * std::log(open_unit(bits[2 * pair])));
      const double angle = 2 * std::numbers::pi * open_unit(bits[2 * pair + 1]);
      out[j] = radius * std::cos(angle);
      if (j + 1 < out.size()) out[j + 1] = radius * std::sin(angle);
    }
  });
}

void fill_uniform(std::span<double> out, std::uint64_t seed, Stream stream, std::uint64_t trajectory,
                  std::uint64_t interval) {
  for_blocks(out.size(), seed, stream, trajectory, interval, [&](std::size_t first, const auto& bits) {
    for (std::size_t i = 0; i < 4 && first + i < out.size(); ++i)
      out[first + i] = (2 * open_unit(bits[i]) - 1) * std::numbers::sqrt3;
  });
}

}  // namespace shockstep
