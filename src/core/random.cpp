#include "core/clones.hpp"
#include "core/fast_math.hpp"

#include <shockstep/random.hpp>

#include <Random123/philox.h>

#include <algorithm>
#include <array>
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

/// The words of up to 32 blocks as numbers in (0, 1], and what comes of them: enough for a vectorised loop, and on the stack.
struct Words {
  static constexpr std::size_t capacity = 128;
  std::array<double, capacity / 2> u1, u2;
  std::array<double, capacity> normal;
};

/// Box and Muller 1958: normal[2 i], normal[2 i + 1] from u1[i], u2[i] in (0, 1].
SHOCKSTEP_CLONES
void box_muller(Words& words, std::size_t pairs) {
  for (std::size_t i = 0; i < pairs; ++i) {
    const double radius = std::sqrt(-2 * fast_log(words.u1[i]));
    const auto [sine, cosine] = fast_sine_cosine_of_turns(words.u2[i]);
    words.normal[2 * i] = radius * cosine, words.normal[2 * i + 1] = radius * sine;
  }
}

}  // namespace

void fill_normal(std::span<double> out, std::uint64_t seed, Stream stream, std::uint64_t trajectory,
                 std::uint64_t interval) {
  Words words;
  std::size_t done = 0;
  for_blocks(out.size(), seed, stream, trajectory, interval, [&](std::size_t first, const auto& bits) {
    const std::size_t pair = (first - done) / 2;
    for (std::size_t i = 0; i < 2; ++i)
      words.u1[pair + i] = open_unit(bits[2 * i]), words.u2[pair + i] = open_unit(bits[2 * i + 1]);
    const std::size_t count = std::min(first + 4, out.size()) - done;
    if (count < Words::capacity && done + count < out.size()) return;
    box_muller(words, (count + 1) / 2);
    std::copy_n(words.normal.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
    done += count;
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
