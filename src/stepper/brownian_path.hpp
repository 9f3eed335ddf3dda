/// The Brownian path behind a trajectory of the reverse SDE, a function of (seed, trajectory, eta, range) and of the place on it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shockstep {

/// B in the clock q = e^(2 eta (lam - begin)), with B = 0 at `begin`. In it the noise of a step of the SDE that ends at lam1 and
/// sigma1 is an increment, whatever the step is:
///   sigma1 e^(-eta (lam1 - begin)) (B(lam1) - B(lam0)),   variance sigma1^2 (1 - e^(-2 eta h)).
/// Steps that are rejected, other tolerances, methods and grids therefore all meet the same path.
///
/// The range of lam is halved 20 times; each half is a Brownian bridge in q with a normal number of its own, and so is the place
/// inside the last interval. Increments over places that lie in different intervals, a millionth of the range long, have
/// their exact joint distribution. Levy's construction; virtual Brownian tree of Li et al. 2020 (arXiv 2001.01328).
class BrownianPath {
 public:
  /// Places where adaptive steps end: their descent is half as deep.
  static constexpr int cells = 1 << 10;
  static constexpr int levels = 20;

  BrownianPath(double begin, double end, double eta, std::uint64_t seed, std::size_t d);
  void restart(std::int64_t trajectory) { trajectory_ = static_cast<std::uint64_t>(trajectory); }

  /// B at lam, in [begin, end].
  void at(double lam, std::span<double> out);
  /// B at lam_of(cell); cell from 0 to `cells`.
  void at_cell(int cell, std::span<double> out);
  double lam_of(int cell) const;

  /// Standard deviation of B(lam1) - B(lam0), lam0 <= lam1, in each coordinate.
  double deviation(double lam0, double lam1) const;

 private:
  /// place: in units of the smallest interval.
  void descend(double place, std::span<double> out);
  /// dq/q over a length of lam.
  double growth(double length) const;
  void bridge(double share, double deviation, std::uint64_t node, std::span<double> out);

  double begin_, end_, eta_;
  std::uint64_t seed_, trajectory_ = 0;
  std::array<double, levels + 1> growth_{};    // over the intervals of each level
  std::vector<double> left_, right_, normal_;  // B at both ends of an interval
};

}  // namespace shockstep
