/// odeint's Runge-Kutta methods in lam, from node to node without step control.
#pragma once

#include "stepper/grid_row.hpp"
#include "stepper/runge_kutta_row.hpp"

namespace shockstep {

class GridRungeKuttaRow final : public GridRow {
 public:
  GridRungeKuttaRow(const GridPlan& plan, std::size_t d) : GridRow(plan, d), runge_kutta_(plan.method, d) {}
  void start() override;
  double request(std::span<double> point) override;
  bool receive(std::span<const double> point, std::span<const double> D) override;

 private:
  RungeKuttaRow runge_kutta_;
  double end_ = 0;  // in lam, of the step under way
};

}  // namespace shockstep
