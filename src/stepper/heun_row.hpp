/// Heun's method in sigma: Karras et al. 2022 (arXiv 2206.00364), algorithm 1 with sigma(t) = t.
#pragma once

#include "stepper/grid_row.hpp"

namespace shockstep {

class HeunRow final : public GridRow {
 public:
  HeunRow(const GridPlan& plan, std::size_t d) : GridRow(plan, d), slope_(d) {}
  double request(std::span<double> point) override;
  bool receive(std::span<const double> point, std::span<const double> D) override;

 private:
  double length() const { return sigma(node_ + 1) - sigma(node_); }

  std::vector<double> slope_;  // (x - D)/sigma at the node, once evaluated
};

}  // namespace shockstep
