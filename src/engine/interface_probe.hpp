/// How far a sampler moves the interfaces between modes: the rate of wrong modes, from few trajectories.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace shockstep {

/// Two starting latents and the ends of their trajectories, which lie at different modes.
struct Arc {
  std::vector<double> a, b, end_a, end_b;
};

/// Latents on the arc cos(t pi/2) a + sin(t pi/2) b, t uniform in (0, 1), are standard normal as a and b are, so that the share of an
/// arc on which a sampler ends at another mode than the exact flow is, averaged over arcs, the probability of a wrong mode. That is
/// the distance of the two interfaces, where the end changes from the side of a to the side of b; each is found by bisection.
/// Of several interfaces on an arc one is looked at.
class InterfaceProbe {
 public:
  using Latents = std::vector<std::vector<double>>;
  /// The ends of trajectories, in order; empty for one that did not end well.
  using Sampler = std::function<std::vector<std::vector<double>>(const Latents&)>;

  /// Looks for the interfaces of `base` everywhere, and for the exact ones near them.
  InterfaceProbe(std::vector<Arc> arcs, const Sampler& base, const Sampler& exact);

  /// Mean over the arcs of the share with a wrong mode times the mean square over coordinates of the jump between the modes, and
  /// of what errors are amplified to on both flanks of the interface: what decisions add to a mean square error, for arcs like
  /// these. Infinite if a trajectory did not end well, or there are no arcs.
  double base() const { return mean_square(base_); }
  double of(const Sampler& sampler) const;
  int size() const { return static_cast<int>(arcs_.size()); }

  /// Trajectories that an arc takes at most: of the base before its flanks, and of each other sampler.
  static constexpr int base_runs = 10, most_runs = 14;

 private:
  struct Crossing {
    double at = 0;
    double jump2 = 0;                           // mean square over coordinates between the ends on both sides
    std::vector<std::vector<double>> flanks{};  // ends on both flanks of the exact interface
    bool found = true;                          // false: a trajectory did not end well
  };
  std::vector<Crossing> bisect(const Sampler& sampler) const;
  std::vector<Crossing> search(const Sampler& sampler, const std::vector<Crossing>& from) const;
  void add_flanks(const Sampler& sampler, const std::vector<Crossing>& around, std::vector<Crossing>& to) const;
  double mean_square(const std::vector<Crossing>& crossings) const;

  std::vector<Arc> arcs_;
  std::vector<Crossing> base_, exact_;
};

}  // namespace shockstep
