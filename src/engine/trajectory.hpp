/// One trajectory that chooses its own steps, as a state machine: it asks for one model evaluation at a time and digests
/// the answer.
///
/// Everything a trajectory does follows from its own answers, its settings and its starting latents; which batch the
/// evaluation travels in cannot matter. The engine packs the requests of many trajectories into full batches.
#pragma once

#include <shockstep/guard.hpp>
#include <shockstep/observer.hpp>
#include <shockstep/process.hpp>
#include <shockstep/result.hpp>
#include <shockstep/sampler_options.hpp>

#include "burgers/burst_score.hpp"
#include "burgers/event_detector.hpp"
#include "burgers/jacobian_probe.hpp"
#include "controller/denoiser_check.hpp"
#include "controller/noise_floor.hpp"
#include "engine/integration.hpp"
#include "engine/path_data.hpp"
#include "stepper/grid_plan.hpp"
#include "stepper/multistep_row.hpp"
#include "stepper/runge_kutta_row.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace shockstep {

struct AscentPlan;

/// What all trajectories of a run share.
struct TrajectorySettings {
  double sigma_max = 0, sigma_min = 0;
  double sigma_start = 0;  ///< where trajectories without a grid start; sigma_max but for data to start from
  bool from_data = false;  ///< of the caller's: what holds of the model's own samples says nothing of them
  int max_evaluations = 1000;
  Final final = Final::denoise;
  GuardProfile profile;
  bool events = false;               ///< detect events, with probes
  std::int64_t long_directions = 0;  ///< of trajectories before this one they bear a direction in any dimension
  bool record = false;               ///< pilot only: fill PathData
  int pilot_probes = 0;              ///< pilot only: a probe of J every so many accepted steps; 0: none
  double pilot_window = 0;           ///< pilot only: largest sigma probed
  bool sde = false;                  ///< the reverse SDE: of the profile only order, tolerance and data_std are used
  double eta = 0;                    ///< of the SDE
  std::uint64_t seed = 0;            ///< of its Brownian paths
  /// None: steps are chosen. Else of the above only the SDE's settings and profile.data_std are used.
  std::shared_ptr<const GridPlan> grid;
  /// None: downwards. Else `latents` are data at sigma_min, and max_evaluations, profile and this say how they go up.
  std::shared_ptr<const AscentPlan> ascent;
  /// Starting latents of a trajectory: x over the sigma where it starts. Without data of unit variance.
  std::function<void(std::int64_t trajectory, std::span<double> latents)> latents;
  std::function<double(double sigma)> time;  ///< native time of the process, for events
};

/// What follows from process and options alone; profile, latents and events are for the caller to set.
TrajectorySettings settings_for(const Process& process, const SamplerOptions& options);

class Trajectory final : public Integration {
 public:
  /// Doubles of memory a trajectory of dimension d needs.
  static std::size_t memory(const TrajectorySettings& settings, std::size_t d);

  Trajectory(const TrajectorySettings& settings, double* memory, std::size_t d);

  void start(std::int64_t index, Observer* steps) override;
  double request(std::span<double> point) override;
  bool receive(std::span<const double> point, std::span<const double> D) override;
  void abandon(Status status) override;

  const TrajectoryReport& report() const override { return report_; }
  std::span<const double> sample() const override { return {kept_, d_}; }
  const PathData& path() const { return path_; }
  double progress() const override;  ///< in ln sigma

 private:
  enum class Awaiting { seed, step, probe };

  void begin_pass();
  void seed(std::span<const double> D);
  double unit_step() const;
  void choose_step();
  bool receive_step(std::span<const double> point, std::span<const double> D);
  bool receive_probe(std::span<const double> D);
  bool finish_pass();
  void finish(Status status);
  void log_events();
  double allowed(double lam, double sigma) const;
  int evaluations_left() const { return settings_.max_evaluations - report_.evaluations; }
  int evaluations_to_land() const;
  int evaluations_to_finish() const;
  bool must_land() const;
  bool in_stages() const { return runge_kutta_ && runge_kutta_->under_way(); }
  bool visit_nodes(std::span<const double> predicted);
  double node_lam() const;
  bool begin_probe(JacobianProbe::Node node);
  void end_node(std::span<const double> D);
  Status arrived(bool limited) const;
  double error_estimate() const;
  void watch_model(double move2, double sigma1, double error, const StepBound& bound, double tolerance);

  const TrajectorySettings& settings_;
  std::size_t d_;
  double lam_begin_, lam_end_, longest_step_;

  MultistepRow row_;
  std::optional<RungeKuttaRow> runge_kutta_;  // makes the steps if there is one; row_ keeps its nodes, and lands
  StepController controller_;
  NoiseFloor noise_;
  Drift drift_;
  BurstScore burst_;
  EventDetector detector_;
  JacobianProbe probe_;
  double* start_D_;  // D at the start: every pass begins there
  double* kept_;     // the result of the last finished pass
  // Events: the best known D at the last node and at the last measurement.
  double *node_D_ = nullptr, *measured_D_ = nullptr;
  double last_node_ = 0;            // its lam
  int node_ = 0, inner_nodes_ = 0;  // of the last step: the one being visited, and how many come before its end

  Observer* steps_ = nullptr;
  Awaiting awaiting_ = Awaiting::seed;
  double h_ = 0;        // of the step under way
  double sigma_ = 0;    // of the evaluation of a step that was asked for last; a multistep's is at its end
  double pace_ = 0;     // length of the next step over unit_step(), proposed by the controller
  int used_order_ = 0;  // the error of the step under way falls as h^(used_order_ + 1)
  bool forced_ = false, last_ = false;  // the step under way: lands within the budget; ends at sigma_min
  bool beyond_tolerance_ = false;       // a forced step was
  int accepted_in_pass_ = 0;
  double asymmetry2_sum_ = 0;  // over the probes of all passes that measured it
  int asymmetries_ = 0;
  double rate_ = 0;  // last measured J - 1; NaN: none yet

  // Repeated passes: tolerance factor up to the end of the burst of the first pass, and after it.
  double tighten_ = 1, relax_ = 1, burst_end_ = 0;

  TrajectoryReport report_;
  PathData path_;
};

}  // namespace shockstep
