/// One trajectory on a fixed grid, of the ODE or the reverse SDE: no controller, no error estimate, no events, and the same
/// number of evaluations for all.
#pragma once

#include "engine/integration.hpp"
#include "engine/trajectory.hpp"
#include "stepper/brownian_path.hpp"
#include "stepper/grid_row.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace shockstep {

class GridTrajectory final : public Integration {
 public:
  /// settings.grid must be set.
  GridTrajectory(const TrajectorySettings& settings, std::size_t d);

  void start(std::int64_t index, Observer* steps) override;
  double request(std::span<double> point) override { return row_->request(point); }
  bool receive(std::span<const double> point, std::span<const double> D) override;
  void abandon(Status status) override;

  const TrajectoryReport& report() const override { return report_; }
  std::span<const double> sample() const override { return sample_; }
  double progress() const override;

 private:
  void draw_noise();
  void step_made();
  void finish();

  const TrajectorySettings& settings_;
  const GridPlan& plan_;
  std::unique_ptr<GridRow> row_;
  std::optional<BrownianPath> path_;            // of the SDE
  std::vector<double> path_here_, path_there_;  // at the node, and at the end of the step out of it
  std::vector<double> sample_;                  // D at the first node until it is finished
  Observer* steps_ = nullptr;
  TrajectoryReport report_;
};

}  // namespace shockstep
