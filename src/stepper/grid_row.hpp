/// A method on a grid for one trajectory, turned inside out: it asks for one value of D at a time.
///
/// A step ends at every node and is always taken.
#pragma once

#include "stepper/grid_plan.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace shockstep {

class GridRow {
 public:
  GridRow(const GridPlan& plan, std::size_t d)
      : plan_(plan), x_(d), denoised_(d), noise_(plan.spread.empty() ? 0 : d) {}
  virtual ~GridRow() = default;

  /// The state at the newest node; the caller writes it at the first one and then calls start().
  std::span<double> x() { return x_; }
  virtual void start() { node_ = 0, evaluated_ = false; }
  /// What the step out of node() adds to the state: the caller writes it at every node but the last, before that step begins.
  /// Empty where the plan has no spread.
  std::span<double> noise() { return noise_; }

  /// Writes the point to be evaluated next and returns its sigma, that of a node or, for a stage, between two.
  virtual double request(std::span<double> point) = 0;
  /// Takes D at the point just requested. True if that has made a step: node() and x() are the next ones.
  virtual bool receive(std::span<const double> point, std::span<const double> D) = 0;

  std::size_t node() const { return node_; }
  /// Whether D at the node is known, and what it is: of a method that corrects, at the predicted point.
  bool evaluated() const { return evaluated_; }
  std::span<const double> denoised() const { return denoised_; }
  /// Nothing more to ask for.
  bool done() const { return at_last() && (evaluated_ || plan_.final == Final::keep); }

 protected:
  double sigma(std::size_t node) const { return plan_.sigmas[node]; }
  bool at_last() const { return node_ + 1 == plan_.sigmas.size(); }
  void keep_denoised(std::span<const double> D);
  void add_noise(std::span<double> end) const;

  const GridPlan& plan_;
  std::size_t node_ = 0;
  bool evaluated_ = false;
  std::vector<double> x_, denoised_, noise_;
};

/// The plan must outlive the row.
std::unique_ptr<GridRow> make_grid_row(const GridPlan& plan, std::size_t d);

}  // namespace shockstep
