/// Bounds that the denoiser of any data satisfies: a model that exceeds them is broken.
///
/// D = E[x0 | x] with x = x0 + sigma n, so x - D = sigma E[n | x]. For every convex f, E f(E[n | x]) <= E f(n) (Jensen):
/// over samples, |D - x|^2/sigma^2 has a mean of at most d and exponential moments of at most those of chi^2_d, and so has
/// its average along a trajectory. The rest of d sigma^2 is the error of D itself, E|x - x0|^2 = E|x - D|^2 + E|D - x0|^2.
#pragma once

#include <cmath>

namespace shockstep {

/// Mean over lam of |D - x|^2/(d sigma^2) along a trajectory: 1 or less on average, whatever the data.
class Drift {
 public:
  void reset() { sum_ = length_ = 0; }

  /// A step of length h in lam that ends at sigma. mean_square: of D - x over coordinates, data units squared.
  /// error: largest allowed in the step; where sigma is below it, D - x is the integrator's own error.
  void add(double h, double mean_square, double sigma, double error) {
    const double scale = sigma + 3 * error;  // errors of earlier steps decay with e^-h each: 1/(1 - e^-.4) = 3
    sum_ += h * mean_square / (scale * scale);
    length_ += h;
  }
  double mean() const { return length_ > 0 ? sum_ / length_ : 0; }

 private:
  double sum_ = 0, length_ = 0;
};

/// The largest mean drift over trajectories with `numbers` coordinates in all: P(chi^2_N/N > 1 + 2 sqrt(t/N) + 2 t/N) <
/// e^-t (Laurent & Massart 2000, lemma 1, from those exponential moments), and half as much again for a model that is
/// trained, not exact. t = 14: one run in a million.
inline double largest_drift(double numbers) {
  const double t = 14 / numbers;
  return 1.5 * (1 + 2 * std::sqrt(t) + 2 * t);
}

/// D moves by no more than this many data_std, root mean square over coordinates: its distance from the mean has a mean
/// square of at most data_std^2 at either end (Jensen again), so fewer than 4 in a million do (Chebyshev).
inline constexpr double farthest = 1e3;

/// dD/dx = Cov[x0|x]/sigma^2 is symmetric. Finite differences leave far less than this on exact mixtures; a trained network
/// is symmetric to about a tenth only (docs/noise.md). A quarter-turn has sqrt 2.
inline constexpr double largest_asymmetry = .3;

}  // namespace shockstep
