/// exp, log, log1p, asinh, sine and cosine that a compiler can vectorise: glibc's vector versions need -ffast-math, which this
/// project does not use.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace shockstep {

/// c + rest[0] x + rest[1] x^2 + ..., by Horner's rule.
template <class... Rest>
[[gnu::always_inline]] inline double polynomial(double x, double c, Rest... rest) {
  if constexpr (sizeof...(rest) == 0)
    return c;
  else
    return polynomial(x, rest...) * x + c;
}

/// Adding it rounds to an integer and leaves that in the low bits.
inline constexpr double rounder = 0x1.8p52;

/// e^x for x <= 709, relative error below 3e-16; e^-708 below x = -708; NaN for NaN.
/// x = n ln 2 + r (Cody & Waite 1980, ln 2 in two parts), Taylor series in r: |r| <= (ln 2)/2 leaves 4e-18 at r^14/14!.
inline double fast_exp(double x) {
  x = x < -708. ? -708. : x;
  const double shifted = x * 0x1.71547652b82fep+0 + rounder, n = shifted - rounder;
  const double r = (x - n * 0x1.62e42fefa0000p-1) - n * 0x1.cf79abc9e3b3ap-40;
  const double p = polynomial(r, 1., 1., .5, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040, 1. / 40320, 1. / 362880,
                              1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800);
  const auto exponent = (std::bit_cast<std::uint64_t>(shifted) << 52) + 0x3ff0000000000000u;
  return p * std::bit_cast<double>(exponent);
}

/// ln y for a normal y > 0, given also y - 1, of which y itself may have lost digits; relative error below 5e-16.
/// y = 2^k m with m in [1/sqrt 2, sqrt 2), ln m = 2 atanh s with s = (m - 1)/(m + 1); |s| < .1716 leaves 3e-17 of it at
/// s^20/21. Where k = 0, m - 1 is y - 1.
inline double fast_log(double y, double y_less_1) {
  constexpr std::uint64_t one = std::bit_cast<std::uint64_t>(1.),
                          root = std::bit_cast<std::uint64_t>(0x1.6a09e667f3bcdp-1);
  const auto bits = std::bit_cast<std::uint64_t>(y);
  const std::uint64_t exponent = (bits + (one - root)) >> 52;  // k + 1023
  const double m = std::bit_cast<double>(bits + one - (exponent << 52));
  const double k = std::bit_cast<double>(exponent | std::bit_cast<std::uint64_t>(0x1p52)) - (0x1p52 + 1023);
  const double f = k == 0 ? y_less_1 : m - 1, s = f / (2 + f), s2 = s * s;
  const double p = polynomial(s2, 1., 1. / 3, 1. / 5, 1. / 7, 1. / 9, 1. / 11, 1. / 13, 1. / 15, 1. / 17, 1. / 19);
  return k * 0x1.62e42fefa39efp-1 + 2 * s * p;
}

inline double fast_log(double y) { return fast_log(y, y - 1); }

/// ln(1 + z) for z >= 0, relative error below 5e-16.
inline double fast_log1p(double z) { return fast_log(1 + z, z); }

/// asinh y for y >= 0, relative error below 1e-15: ln(1 + z), z = y + y^2/(1 + sqrt(1 + y^2)).
inline double fast_asinh(double y) { return fast_log1p(y + y * y / (1 + std::sqrt(1 + y * y))); }

struct SineCosine {
  double sine, cosine;
};

/// Of 2 pi t for 0 <= t <= 1, each with an error below 2e-16. t = (n + f)/4 with |f| <= 1/2, exactly; Taylor series of
/// a = pi f/2, |a| <= pi/4, leave 8e-20 at a^19/19! and 2e-18 at a^18/18!; n quarter turns exchange the two and change signs.
inline SineCosine fast_sine_cosine_of_turns(double t) {
  const double shifted = 4 * t + rounder, f = 4 * t - (shifted - rounder);
  const auto n = std::bit_cast<std::uint64_t>(shifted);  // its two low bits are those of n
  const double a = f * (std::numbers::pi / 2), a2 = a * a;
  const double sine = a * polynomial(a2, 1., -1. / 6, 1. / 120, -1. / 5040, 1. / 362880, -1. / 39916800,
                                     1. / 6227020800, -1. / 1307674368000, 1. / 355687428096000);
  const double cosine = polynomial(a2, 1., -1. / 2, 1. / 24, -1. / 720, 1. / 40320, -1. / 3628800, 1. / 479001600,
                                   -1. / 87178291200, 1. / 20922789888000);
  const bool odd = (n & 1) != 0;
  const auto with_sign = [](double value, std::uint64_t negative) {  // bit 1 of `negative` becomes the sign
    return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) ^ ((negative & 2) << 62));
  };
  return {with_sign(odd ? cosine : sine, n), with_sign(odd ? sine : cosine, n + 1)};
}

}  // namespace shockstep
