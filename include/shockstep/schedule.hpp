/// Fixed grids of noise levels: where a run that does not choose its own steps evaluates the model.
#pragma once

#include <shockstep/process.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shockstep {

struct FixedSteps;
struct FittedSolver;

/// A step of the short run that measures a model. Its error is corrector - predictor, carried to the end as in Gaussian data that are as
/// wide as the samples along their main direction, and data_std across.
struct TriedStep {
  double lam;     ///< of its middle, -ln sigma
  double length;  ///< in lam
  double error;   ///< root mean square over rows and coordinates, over data_std
};

/// What a plan of steps is made of. docs/plan.md says how.
struct ModelScales {
  /// Both as below.
  explicit ModelScales(double data_std_ = 1, std::vector<TriedStep> tried_ = {})
      : data_std(data_std_), tried(std::move(tried_)) {}

  double data_std;               ///< standard deviation of the data, root mean square over coordinates, data units
  std::vector<TriedStep> tried;  ///< descending in sigma; empty: all is as in most models
  /// The model looks its time up, or cuts off what is behind the point: of the times of a table it knows the whole ones only, and that
  /// is where steps end.
  bool whole_times = false;
};

/// What a schedule needs besides the process and the count.
enum class ScheduleNeeds {
  nothing,  ///< its nodes follow
  table,    ///< FixedSteps::sigmas, which it takes for a table
  model,    ///< it is fitted to one: calibrate.hpp
  scales,   ///< FixedSteps::scales, which a Sampler measures: model_scales.hpp
};

/// How nodes are spaced between sigma_max and sigma_min: one file of src/process/schedules each.
struct ScheduleSpec {
  const char* name;     ///< in a config
  const char* summary;  ///< one line, as `shockstep info` prints it
  const char* source;   ///< where it is from: a paper, or a page of the docs
  /// `nodes` sigmas, the first and the last the ends of the range. FixedSteps::sigmas are descending inside the range.
  std::vector<double> (*nodes)(const FixedSteps& steps, const Process& process, int nodes);
  ScheduleNeeds needs = ScheduleNeeds::nothing;  ///< what must be there besides
};

/// One of these, or of your own. u runs from 0 to 1 in equal steps.
class Schedule {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): it is a schedule
  constexpr Schedule(const ScheduleSpec& spec) : spec_(&spec) {}     ///< `spec` must outlive it
  constexpr const ScheduleSpec& spec() const { return *spec_; }      ///< how nodes follow
  constexpr bool operator==(const Schedule& other) const = default;  ///< whether it is the same one

  static const Schedule karras;     ///< sigma^(1/rho) linear in u: Karras et al. 2022 (arXiv 2206.00364), eq. 5
  static const Schedule edm;        ///< the same with that paper's rho = 7
  static const Schedule log_sigma;  ///< ln sigma linear in u
  static const Schedule linear;  ///< the process's own time linear in u; for ve, sigma itself; for flow with its shift
  static const Schedule
      cosine;  ///< atan sigma linear in u: alpha = cos, s = sin of a uniform angle, as in Salimans & Ho
               ///< 2022 (arXiv 2202.00512), cut to the range. Supposes data of standard deviation 1
  static const Schedule
      tapered;                 ///< ln sigma linear in u up to the scale of the data, steps ten times as long far above
  static const Schedule plan;  ///< lengths that suit most models, relative to the scale of their data: docs/plan.md
  static const Schedule fitted;  ///< to the model, method and count: calibrate.hpp
  static const Schedule ays;     ///< a table, ln sigma linear between its entries: Align Your Steps, Sabour et al. 2024
                                 ///< (arXiv 2404.14507)

 private:
  const ScheduleSpec* spec_;
};

/// What the rows of a trial had at one node: how they differ from row to row, means over coordinates. Data units squared.
struct TriedNode {
  double sigma = 0;  ///< noise level, data units
  double xx = 0;     ///< variance of x over the rows
  double xD = 0;     ///< covariance of x and D, coordinate by coordinate
  double DD = 0;     ///< variance of D
};

/// ModelScales, how they came about, and what the measurement says besides.
struct MeasuredScales : ModelScales {
  double measured_std = 1;  ///< that of the model's own samples, roughly; data_std if that was not given
  /// Mean square error of D on its own samples, noised to sigma = data_std, over that of the best guess for Gaussian data of that
  /// scale: 1 or less for a denoiser, but for the chance of few rows.
  double loss = 0;
  /// D of a network that is told the time by fast functions of it jumps about: deviation from a straight line in ln sigma over .02, at
  /// sigma = data_std, as that of independent jumps, over data_std. Of smooth ones below 4e-4.
  double roughness = 0;
  std::vector<TriedNode> nodes{};  ///< of the short run in which steps were tried, sigma descending
  std::int64_t evaluations = 0;    ///< rows that were computed, at most 64
};

/// A schedule and what it is called.
struct ScheduleKind {
  // NOLINTNEXTLINE(google-explicit-constructor): a row of the list
  ScheduleKind(const ScheduleSpec& spec) : schedule(spec), name(spec.name), summary(spec.summary) {}  ///< as it says

  Schedule schedule;    ///< which
  const char* name;     ///< in a config
  const char* summary;  ///< one line, as `shockstep info` prints it
};
/// All that a config can name, by name.
std::span<const ScheduleKind> schedule_kinds();
/// Its name in a config.
inline std::string_view name(Schedule schedule) { return schedule.spec().name; }

inline constexpr int fewest_steps = 2;        ///< least FixedSteps::count
inline constexpr int most_steps = 1'000'000;  ///< largest FixedSteps::count

/// `count` is the number of model evaluations of a method that takes one a step, as num_inference_steps in diffusers
/// and n in k-diffusion:
///   Final::denoise  count nodes from sigma_max to sigma_min; the result is D at the last, a step to sigma = 0.
///   Final::keep     count + 1 nodes, the last without an evaluation. Methods that correct a step with the evaluation
///                   at its end (multistep, unipc) take count nodes with either end: the last evaluation corrects the
///                   state there.
/// Methods with more evaluations a step take the same nodes and report what they evaluate.
struct FixedSteps {
  Schedule schedule = Schedule::log_sigma;  ///< how the nodes are spaced
  int count = 20;                           ///< fewest_steps to most_steps
  double rho = 7;                           ///< of karras: larger puts more nodes at small sigma; positive
  std::int64_t budget = 0;  ///< of fitted: rows that the fit may compute; 0: what calibrate.hpp says. At least 0
  ModelScales scales{};     ///< of tapered the data_std; of plan, for which a Sampler measures them
  /// Not empty: the nodes themselves, descending, data units; schedule, count and rho are then unused. Of a schedule that
  /// needs one: its table. A last 0, as other packages write it, stands for Final::denoise and is dropped.
  std::vector<double> sigmas{};
  /// What makes the steps, instead of a method on nodes: solver_steps() in fitted_solver.hpp. All else is then unused.
  std::shared_ptr<const FittedSolver> solver{};
  /// Of every sample, where a fit to the model measured these nodes; NaN: nobody did. Data units.
  double error_estimate = std::numeric_limits<double>::quiet_NaN();
  std::string origin = "sampler.steps.sigmas";  ///< of `sigmas` or `solver`, for errors
};

/// The nodes, strictly descending inside the range of the process; `nodes` of them (at least 2), or as many as
/// `sigmas` has. A grid begins at sigma_max and ends at sigma_min exactly, one of ays at the first and the last entry
/// of its table. The schedule fitted needs a model: calibrate_schedule, which a Sampler calls, makes its sigmas.
/// Sigmas outside the range by less than a millionth, as float32 leaves them, are put on its end. Throws ConfigError
/// for sigmas that do not fit.
std::vector<double> grid_sigmas(const FixedSteps& steps, const Process& process, int nodes);

}  // namespace shockstep
