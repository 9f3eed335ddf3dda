#include "support/test.hpp"

#include <shockstep/random.hpp>

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <vector>

using namespace shockstep;

namespace {
std::vector<double> draw(std::size_t n, std::uint64_t seed, Stream stream, std::uint64_t trajectory,
                         std::uint64_t interval = 0) {
  std::vector<double> out(n);
  fill_normal(out, seed, stream, trajectory, interval);
  return out;
}
}  // namespace

TEST_CASE("A draw is a function of its address alone") {
  const auto all = draw(300, 7, Stream::start, 3);
  for (std::size_t n = 1; n <= 300; ++n) {
    const auto some = draw(n, 7, Stream::start, 3);
    CHECK(std::vector(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)) == some);
  }
  CHECK(draw(4, 7, Stream::start, 3, 1) != draw(4, 7, Stream::start, 3, 0));
  CHECK(draw(4, 7, Stream::start, 4) != draw(4, 7, Stream::start, 3));
  CHECK(draw(4, 8, Stream::start, 3) != draw(4, 7, Stream::start, 3));
  CHECK(draw(4, 7, Stream::pilot, 3) != draw(4, 7, Stream::start, 3));
}

TEST_CASE("Draws are Box and Muller's of the words of Philox") {
  const auto found = draw(6, 7, Stream::start, 3, 5);
  for (std::uint64_t block = 0; block < 2; ++block) {
    const auto bits = r123::Philox4x64()({{3, 5, block, 0}}, {{7, static_cast<std::uint64_t>(Stream::start)}});
    for (std::size_t j = 0; j < 4 && 4 * block + j < 6; ++j) {
      const auto unit = [&](std::size_t word) { return static_cast<long double>((bits[word] >> 11) + 1) * 0x1p-53L; };
      const auto angle = 2 * std::numbers::pi_v<long double> * unit(j | 1);
      const auto exact = std::sqrt(-2 * std::log(unit(j & 2))) * (j % 2 ? std::sin(angle) : std::cos(angle));
      // a radius of at most 8.6 with a relative error of 5e-16, a sine with 2e-16
      CHECK(std::abs(static_cast<double>(found[4 * block + j] - exact)) < 8.6 * 7e-16);
    }
  }
}

TEST_CASE("Draws are standard normal and uncorrelated across neighbouring addresses") {
  const std::size_t n = 200000;
  double sum = 0, sum2 = 0, sum4 = 0, lag = 0, before = 0;
  std::size_t beyond = 0;
  for (std::size_t i = 0; i < n / 2; ++i) {
    const auto pair = draw(2, 1, Stream::start, i);
    for (double z : pair) {
      sum += z, sum2 += z * z, sum4 += z * z * z * z, lag += z * before, before = z;
      beyond += std::abs(z) > 2;
    }
  }
  // Standard errors of the sample moments of n normals: sqrt(1/n), sqrt(2/n), sqrt(96/n), sqrt(1/n); five of each.
  const double N = static_cast<double>(n);
  CHECK(std::abs(sum / N) < 5 * std::sqrt(1 / N));
  CHECK(std::abs(sum2 / N - 1) < 5 * std::sqrt(2 / N));
  CHECK(std::abs(sum4 / N - 3) < 5 * std::sqrt(96 / N));
  CHECK(std::abs(lag / N) < 5 * std::sqrt(1 / N));
  const double p = std::erfc(std::sqrt(2.));
  CHECK(std::abs(static_cast<double>(beyond) / N - p) < 5 * std::sqrt(p * (1 - p) / N));
}

TEST_CASE("Uniform draws have unit variance, stay in their range and depend on their address alone") {
  const std::size_t n = 100000;
  std::vector<double> all(n), some(7);
  fill_uniform(all, 1, Stream::direction, 2, 3);
  fill_uniform(some, 1, Stream::direction, 2, 3);
  CHECK(std::equal(some.begin(), some.end(), all.begin()));
  double sum = 0, sum2 = 0;
  for (double u : all) {
    sum += u, sum2 += u * u;
    CHECK_FALSE(std::abs(u) > std::sqrt(3.) * (1 + 1e-15));
  }
  // Standard errors sqrt(1/n) and, with E u^4 = 9/5, sqrt(.8/n); five of each.
  const double N = static_cast<double>(n);
  CHECK(std::abs(sum / N) < 5 * std::sqrt(1 / N));
  CHECK(std::abs(sum2 / N - 1) < 5 * std::sqrt(.8 / N));
}
