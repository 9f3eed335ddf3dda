/// Methods of one evaluation a step on a grid: every step is a sum with weights that the plan holds.
#pragma once

#include "stepper/grid_row.hpp"

namespace shockstep {

/// The newest values first.
class ValueHistory {
 public:
  ValueHistory(const GridPlan& plan, std::size_t d);
  void clear() { count_ = 0; }
  /// A place for the newest value; the oldest one goes where there is no room.
  std::vector<double>& push();
  /// Adds them up as the step says; `out` may be `x`.
  void combine(const LinearStep& step, std::span<const double> x, std::span<double> out) const;

 private:
  std::vector<std::vector<double>> values_;
  std::size_t count_ = 0;
};

/// euler, dpmpp_2m, dpmpp_3m, deis, lms, and the explicit methods of the SDE: D at a node, then the step from it.
class ExplicitRow final : public GridRow {
 public:
  ExplicitRow(const GridPlan& plan, std::size_t d) : GridRow(plan, d), values_(plan, d) {}
  void start() override;
  double request(std::span<double> point) override;
  bool receive(std::span<const double> point, std::span<const double> D) override;

 private:
  ValueHistory values_;
};

/// multistep, unipc: a step is predicted, D evaluated at its end, and the step corrected with it.
class CorrectedRow final : public GridRow {
 public:
  CorrectedRow(const GridPlan& plan, std::size_t d) : GridRow(plan, d), values_(plan, d) {}
  void start() override;
  double request(std::span<double> point) override;
  bool receive(std::span<const double> point, std::span<const double> D) override;

 private:
  ValueHistory values_;
};

}  // namespace shockstep
