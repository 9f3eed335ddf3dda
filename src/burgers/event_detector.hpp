/// Decides, while a trajectory runs, where J is worth measuring, and turns the measurements into events.
///
/// No free quantity of the path tells J above 1 from J below it reliably, so J is measured (docs/events.md: what was tried):
/// at nodes where the last value, growing as e^{2 dlam} (posterior covariance does not grow on average), could exceed 1;
/// closely while J > 1; rarely once a mode is seen to behave as a single Gaussian. Or a BurstProbe has measured it.
///
/// The data of networks fill a manifold: along it J stays at 1 over decades of sigma, give or take a tenth, and where it grows it is a
/// broad hill. There a window is where J > 1.1, else where J > 1; and there J is linear between two measurements where the next
/// eigenvalue is not far below it, else that of a decision between two modes.
#pragma once

#include <shockstep/event.hpp>
#include <shockstep/guard.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace shockstep {

class EventDetector {
 public:
  /// trace_bound: d data_std^2, so that J <= trace_bound/sigma^2 before the first measurement. gate: largest J seen by a
  /// pilot, by lam; empty where there was none. Both must outlive the detector. on_manifold: as the data of networks.
  EventDetector(double trace_bound, const LamTable& gate, bool on_manifold = false)
      : trace_bound_(trace_bound), gate_(gate), on_manifold_(on_manifold) {}

  /// long_directions: keep them in any dimension; else up to 256 coordinates.
  void reset(bool long_directions = false);

  /// Whether a pilot saw J above 1 near lam, or there was none.
  bool possible(double lam) const;
  /// True if J should be measured at this node; last: it lies at sigma_min.
  bool due(double lam, bool last) const;
  /// Whether a window is open: the direction of the last measurement is then a good one.
  bool open() const { return has_ && J_ > 1; }

  /// A node at lam: the end of an accepted step, or a stage inside one, h after the node before; D moved by `moved` (2-norm).
  void node(double lam, double h, double moved, int accepted);
  /// J at the last node; moved: change of D along the direction since the last measurement (any value at the first one); second: what is
  /// known of the next eigenvalue.
  void measured(double J, double moved, std::span<const double> direction, double second = 0);

  /// Instead of measured(): J at a node where it was worth it (0: the end of the first step; -1: the start), all of them after the last
  /// node() and in the order of nodes. moved: of D along the direction, since the one before; 0: that is not of the same burst.
  void at_burst(int node, double lam, double J, double moved, std::span<const double> direction);

  /// enter, speciation and exit of each window with an exponent of at least .1; their exponents are added up.
  std::vector<Event> events(std::int64_t trajectory, const std::function<double(double)>& time, double& exponent) const;

 private:
  struct Node {
    double lam, h, speed;  // speed: |dD/dlam|/sigma over the step that ends here
    int accepted;
  };
  struct Measurement {
    double lam, J, moved, second;
    int node;
  };
  struct Direction {
    double lam, J;
    std::vector<double> unit;
  };
  struct Point {
    double lam, J;
  };
  struct Window {
    double enter, exit, exponent;
    bool closed;  // J fell below the level again before sigma_min
  };
  void keep_direction(double lam, double J, std::span<const double> direction, bool same_window);
  std::vector<Point> curve() const;
  double level() const;  ///< windows are where J exceeds it
  std::vector<Window> windows(const std::vector<Point>& curve) const;
  void log(const Window& window, const std::vector<Point>& curve, const Event& common, std::vector<Event>& out) const;

  double trace_bound_;
  const LamTable& gate_;
  bool on_manifold_;
  bool has_ = false;
  bool long_ = false;       // directions of any length are kept
  bool level_ = false;      // J has stayed near 1
  bool sparse_ = false;     // J was measured at bursts alone
  double lam_ = 0, J_ = 0;  // last measurement
  double calm_ = 0;         // length in lam over which J grew as in a single Gaussian
  std::vector<Node> nodes_;
  std::vector<Measurement> measured_;
  std::vector<Direction> directions_;  // at the largest J of each window so far
};

}  // namespace shockstep
