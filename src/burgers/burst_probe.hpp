/// Measures J where the path itself shows that it decides: at the bursts of dD/dlam, a product or two a node.
///
/// Inside one Gaussian dD/dlam = -J (D - x), and in many dimensions that motion of the bulk hides a decision. Without its part
/// along D - x what is left, w, bursts at interfaces: |w|/sigma has its peak on the largest J of the path or a node beside it, and
/// w lies along the top direction there. So one product along w gives J at the peak, and the nodes on either side are
/// measured while J > 1 (docs/events.md: figures).
#pragma once

#include "core/task.hpp"
#include "state/state.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace shockstep {

class BurstProbe {
 public:
  /// allowed: whether a burst at lam may be measured.
  BurstProbe(State& state, std::function<bool(double lam)> allowed);

  /// A new path; the trajectory's number addresses the random part of its probes.
  void restart(std::int64_t trajectory);

  /// A node of the path: D is known at `predicted`, the path goes on from `corrected`.
  Task<> node(double lam, double sigma, Vector predicted, Vector corrected, Vector D);

  /// Measures what the nodes so far ask for; last: none follows. `evaluations` counts products as they are made.
  Task<> measure(bool last, int& evaluations);

  struct Measurement {
    int node;  ///< 0 is the start
    double lam, J;
    double moved;  ///< of D along the direction, since the measurement before; 0: that is not of the same burst
    std::vector<double> direction;
  };
  /// Nodes do not repeat, and come in any order.
  const std::vector<Measurement>& measured() const { return measured_; }

 private:
  static constexpr int kept = 10;  // nodes

  struct Slot {
    double lam = 0, sigma = 0;
    Vector predicted = no_vector, corrected = no_vector, D = no_vector;
    Vector denoised = no_vector;  // D carried to `corrected`
  };
  /// A burst under way: the measured nodes at its ends.
  struct Walk {
    int peak, before, behind;
    double J_before, J_behind;
    int steps_before = 0, steps_behind = 0;
  };
  /// J e for a unit vector e: e.Je and |Je|.
  struct Product {
    double theta, length;
    double J() const { return 2 * length - theta; }  // |Je| bounds J from below, and the other way round
  };

  Slot& slot(int node) { return slots_[static_cast<std::size_t>(node % kept)]; }
  const Slot& slot(int node) const { return slots_[static_cast<std::size_t>(node % kept)]; }
  int steps() const { return static_cast<int>(bursts_.size()); }
  bool is_measured(int node) const;
  bool peaks(int step);
  double burst_of(int step) const;
  Task<double> project(int step);
  Task<> measure_peak(int step, int& evaluations);
  Task<> walk_behind(bool last, int& evaluations);
  Task<> walk_before(int& evaluations);
  Task<Product> product(int node, int& evaluations);
  Task<Product> second_product(int node, Product first, int& evaluations);
  Task<double> motion(int from, int to, Vector along);
  Task<> keep(int node, double J, double length, double moved);

  State& state_;
  std::function<bool(double lam)> allowed_;
  std::array<Slot, kept> slots_;
  Vector direction_, product_;  // e and Je
  Vector first_direction_, first_product_, scratch_;
  Vector before_, behind_;  // directions at the ends of the walk
  int nodes_ = 0;
  std::vector<double> bursts_;  // |w|/sigma of every step
  // Peaks: the step of the last one that was measured, the lowest since, and the highest of all.
  int last_peak_ = -1, peaks_ = 0, products_ = 0;
  double lowest_ = 0, highest_ = 0;
  std::optional<Walk> walk_;
  std::vector<Measurement> measured_;
  std::int64_t trajectory_ = 0;
};

}  // namespace shockstep
