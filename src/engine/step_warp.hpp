/// Steps in lam = -ln sigma as a smooth warp of equal ones, in few parameters.
#pragma once

#include <shockstep/process.hpp>

#include <cstddef>
#include <vector>

namespace shockstep {

/// h_n proportional to exp(sum_k a_k sqrt 2 cos(k pi (n + 1/2)/N)), k = 1, 2, 3, rescaled to the length of the range: positive steps
/// whatever the amplitudes a are, equal ones where all are 0.
class StepWarp {
 public:
  /// `process` must outlive it.
  StepWarp(const Process& process, int nodes);

  std::size_t amplitudes() const { return static_cast<std::size_t>(modes_); }

  /// The largest change of ln h_n, before the rescaling.
  double largest_exponent(const std::vector<double>& a) const;

  std::vector<double> sigmas(const std::vector<double>& a) const;

  /// Nodes dense about sigma = `centre`: a share `even` of them is uniform in lam, the others are normal with deviation 1.3. Their
  /// ln h_n, projected on the modes of the warp.
  std::vector<double> dense_about(double centre, double even) const;

 private:
  double mode(int k, int n) const;  // of unit mean square over n
  double exponent(const std::vector<double>& a, int n) const;

  const Process& process_;
  int steps_, modes_;
};

}  // namespace shockstep
