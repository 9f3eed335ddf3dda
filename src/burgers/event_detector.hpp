/// Finds the windows in which a trajectory decides (J > 1), from the bursts of its path and a few measured values of J.
#pragma once

#include <shockstep/event.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace shockstep {

class EventDetector {
 public:
  void reset();

  /// An accepted step ends at lam; burst = |dD/dlam|/sigma over it. True if J should be measured there.
  bool step(double lam, double burst, int accepted);
  /// The answer: J at the node of the last step(), and the direction along which it was measured.
  void probed(double J, std::span<const double> direction);

  /// enter, speciation and exit of each window whose exponent is at least `least_exponent`; adds the exponents up.
  std::vector<Event> events(std::int64_t trajectory, const std::function<double(double)>& time, double* exponent) const;

 private:
  struct Node {
    double lam, burst;
    int step;
  };
  struct Measured {
    double lam, J;
    std::size_t node;
  };
  std::vector<Node> nodes_;
  std::vector<Measured> measured_;
  std::vector<double> direction_;  // at the largest J so far
  double largest_ = 0;
};

}  // namespace shockstep
