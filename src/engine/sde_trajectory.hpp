/// One trajectory of the reverse SDE that chooses its own steps.
#pragma once

#include "engine/integration.hpp"
#include "engine/trajectory.hpp"
#include "stepper/brownian_path.hpp"
#include "stepper/multistep_row.hpp"

#include <vector>

namespace shockstep {

/// The multistep in (1 + eta) lam, where the SDE is dx = (D - x) and noise, and the noise of a step an increment of the
/// trajectory's own Brownian path: a step that is rejected is tried again shorter on the same path, so that rejections favour no
/// noise. Steps end at the path's cells. No guard: the SDE forgets its errors.
class SdeTrajectory final : public Integration {
 public:
  SdeTrajectory(const TrajectorySettings& settings, std::size_t d);

  void start(std::int64_t index, Observer* steps) override;
  double request(std::span<double> point) override;
  bool receive(std::span<const double> point, std::span<const double> D) override;
  void abandon(Status status) override;

  const TrajectoryReport& report() const override { return report_; }
  std::span<const double> sample() const override { return sample_; }
  double progress() const override {
    return static_cast<double>(cell_ - first_cell_) / (BrownianPath::cells - first_cell_);
  }

 private:
  int cell_of(double sigma) const;
  void choose_step();
  bool seed(std::span<const double> D);
  bool step(std::span<const double> point, std::span<const double> D);
  void finish();
  double lam(int cell) const { return path_.lam_of(cell); }
  double length() const { return lam(end_) - lam(cell_); }

  const TrajectorySettings& settings_;
  BrownianPath path_;
  int first_cell_;                                                // where it starts
  std::vector<double> memory_, path_here_, path_there_, sample_;  // sample_: D at the start until it is finished
  MultistepRow row_;
  StepController controller_;
  int cell_ = 0, end_ = 0;  // where the step under way begins and ends
  double next_h_ = 0;       // in lam
  bool forced_ = false;     // by max_evaluations
  Observer* steps_ = nullptr;
  TrajectoryReport report_;
};

}  // namespace shockstep
