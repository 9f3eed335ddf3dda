/// exp that a compiler can vectorise: glibc's vector versions need -ffast-math, which this project does not use.
#pragma once

#include <bit>
#include <cstdint>

namespace shockstep {

/// e^x for x <= 0, relative error below 3e-16; e^-708 below x = -708; NaN for NaN.
/// x = n ln 2 + r (Cody & Waite 1980, ln 2 in two parts), Taylor series in r: |r| <= (ln 2)/2 leaves 4e-18 at r^14/14!.
inline double fast_exp(double x) {
  x = x < -708. ? -708. : x;
  constexpr double magic = 0x1.8p52;  // adding it rounds to an integer and leaves that in the low bits
  const double shifted = x * 0x1.71547652b82fep+0 + magic, n = shifted - magic;
  const double r = (x - n * 0x1.62e42fefa0000p-1) - n * 0x1.cf79abc9e3b3ap-40;
  double p = 1. / 6227020800.;
  p = p * r + 1. / 479001600.;
  p = p * r + 1. / 39916800.;
  p = p * r + 1. / 3628800.;
  p = p * r + 1. / 362880.;
  p = p * r + 1. / 40320.;
  p = p * r + 1. / 5040.;
  p = p * r + 1. / 720.;
  p = p * r + 1. / 120.;
  p = p * r + 1. / 24.;
  p = p * r + 1. / 6.;
  p = p * r + .5;
  p = p * r + 1;
  p = p * r + 1;
  const auto exponent = (std::bit_cast<std::uint64_t>(shifted) << 52) + 0x3ff0000000000000u;
  return p * std::bit_cast<double>(exponent);
}

}  // namespace shockstep
