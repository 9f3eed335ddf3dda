#include <shockstep/calibrate.hpp>
#include <shockstep/error.hpp>
#include <shockstep/precision.hpp>
#include <shockstep/sampler.hpp>
#include <shockstep/stepper.hpp>

#include "core/cached.hpp"
#include "core/input_file.hpp"
#include "core/row_shape.hpp"
#include "core/text.hpp"
#include "engine/conditions.hpp"
#include "engine/engine.hpp"
#include "engine/masked_model.hpp"
#include "engine/pilot.hpp"
#include "engine/plan_for.hpp"
#include "engine/plan_pilot.hpp"
#include "engine/planned_profile.hpp"
#include "engine/shipped_profile.hpp"
#include "engine/start.hpp"
#include "model/on_device.hpp"
#include "stepper/brownian_path.hpp"
#include "stepper/grid_plan.hpp"
#include "stepper/method_spec.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace shockstep {
namespace {

constexpr double same_node = 1e-6;  // relative difference of sigmas
// Of sigma_min over data_std: differences over 1e-4 sigma, of which events and likelihoods are made, are ten times the rounding of x.
constexpr double least_noise = 1e-11;
constexpr double least_tolerance = 1e-15;  // of data_std: samples are rounded to that

void check(const SamplerOptions& o) {
  const auto fail = [](const char* key, const std::string& sentence) {
    throw ConfigError(std::string("sampler.") + key, sentence);
  };
  const bool sde = o.dynamics == Dynamics::sde;
  if (!(o.eta >= 0 && o.eta <= 1))
    fail("eta", "must be from 0 (the ODE) to 1 (the reverse SDE), got " + shortest(o.eta));
  if (!solves(o.method, o.dynamics))
    fail("method",
         std::string(name(o.method)) + (sde ? " is for dynamics: ode; the reverse SDE has " +
                                                  method_list([](Method m) { return solves(m, Dynamics::sde); })
                                            : " is a method of the reverse SDE; set sampler.dynamics: sde"));
  const bool own = o.method == Method::own, own_adaptive = own && !o.steps && o.own_adaptive.make;
  // Of an adaptive Runge-Kutta method it is that of the multistep which lands it.
  const int most = is_runge_kutta(o.method) || own_adaptive ? max_multistep_order : orders(o.method, o.dynamics).most;
  if (o.order < 0 || o.order > most)
    fail("order", most == 0
                      ? "must be 0: " + std::string(name(o.method)) + " has one order only"
                      : "must be 1 to " + std::to_string(most) + ", or 0 for auto, got " + std::to_string(o.order));
  if (own && !own_adaptive && !o.own.step) fail("own.step", "is missing: the weights of a step of Method::own");
  if (own && !own_adaptive && (o.own.order < 1 || o.own.order > most_linear_values))
    fail("own.order", "must be 1 to " + std::to_string(most_linear_values) + ", got " + std::to_string(o.own.order));
  if (own_adaptive && o.own_adaptive.slopes < 1)
    fail("own_adaptive.slopes",
         "must be at least 1: what a step asks for; got " + std::to_string(o.own_adaptive.slopes));
  if (own_adaptive && o.own_adaptive.error_order < 1)
    fail("own_adaptive.error_order", "must be at least 1, got " + std::to_string(o.own_adaptive.error_order));
  if (!o.steps && !is_adaptive(o.method) && !own_adaptive)
    fail("method", std::string(name(o.method)) +
                       " needs a fixed grid; set sampler.steps: {schedule: karras, count: 20} or --steps 20");
  if (!(o.tolerance > 0) || !std::isfinite(o.tolerance)) fail("tolerance", "must be positive");
  if (o.max_evaluations < 2) fail("max_evaluations", "must be at least 2, got " + std::to_string(o.max_evaluations));
  if (o.guard.quantile < 0 || o.guard.quantile >= 1) fail("guard.quantile", "must be auto or between 0 and 1");
}

/// The options, and of the model what a grid needs.
SamplerOptions checked(SamplerOptions options, const ScoreModel* model, const Process& process) {
  check(options);
  if (!model) throw ConfigError("model", "is missing");
  const double least = least_noise * model->data_std();
  if (process.sigma_min() < least)
    throw ConfigError("process.sigma_min", "must be at least " + shortest(least) + ", 1e-11 of data_std, got " +
                                               shortest(process.sigma_min()) +
                                               ": less noise is lost where the data are rounded");
  if (options.tolerance < least_tolerance * model->data_std())
    throw ConfigError("sampler.tolerance", "must be at least 1e-15 of data_std, " + shortest(model->data_std()) +
                                               ", to which samples are rounded; got " + shortest(options.tolerance));
  if (options.steps && model->data_std() > 0) options.steps->scales.data_std = model->data_std();
  return options;
}

/// Whether steps are those of StepPlan: nothing better is known of a network, and exact models have their pilot.
bool planned(const ScoreModel& model, const SamplerOptions& options) {
  const GuardOptions& guard = options.guard;
  const bool of_guard =
      guard.redo == Switch::on || guard.quantile > 0;  // which the plan has not: the pilot is that of the guard
  const bool pilot = guard.profile == "pilot" && !of_guard;
  return !model.exact() && options.method == Method::multistep &&
         (guard.profile == "auto" || guard.profile == "plan" || pilot);
}

bool made_for(const GuardProfile& profile, const ScoreModel& model, const Process& process,
              const SamplerOptions& options) {
  const double tolerance = profile.tolerance > 0 ? profile.tolerance : profile.step_tolerance;
  return tolerance == options.tolerance && suits(profile, model, process, options);
}

GuardProfile read_profile(const std::string& path, const ScoreModel& model, const Process& process,
                          const SamplerOptions& options) {
  const GuardProfile profile = guard_profile_from_json(read_text(path, "cannot be read as a guard profile"), path);
  if (!made_for(profile, model, process, options))
    throw ConfigError(
        "sampler.guard.profile",
        path + " was made for tolerance " +
            std::to_string(profile.tolerance > 0 ? profile.tolerance : profile.step_tolerance) + ", method " +
            std::string(name(profile.method)) + ", order " + std::to_string(profile.order) + ", max_evaluations from " +
            std::to_string(profile.max_evaluations) +
            " and its own range, quantile, labels and guidance; make one for these settings with profile: pilot");
  return profile;
}

/// The options that a schedule is fitted with: those of the ODE, since differences of SDE samples are mostly chance.
SamplerOptions on_flow(SamplerOptions options) {
  options.dynamics = Dynamics::ode;
  const MethodSpec& spec = spec_of(options.method);
  if (!spec.ode) options.method = method_named(spec.flow).value();
  return options;
}

/// What a Sampler measures before it draws.
struct Preparation {
  std::optional<MeasuredScales> scales;
  std::int64_t rows = 0;  // computed
};

/// auto: the pilot's for exact models, the plan for networks; of methods that have none the shipped one, else the default weight.
GuardProfile resolve_profile(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                             const Observer* observer, Preparation& preparation) {
  const std::string& wanted = options.guard.profile;
  const auto counted = [&](GuardProfile profile) {
    preparation.rows += profile.evaluations;
    return profile;
  };
  if (options.dynamics == Dynamics::sde) return counted(default_profile(model, process, on_flow(options), observer));
  const auto on_plan = [&] {
    if (!planned(model, options)) return false;
    preparation.scales = measure_scales(model, process, options.scales_cache, preparation.rows);
    return plan_serves(options, *preparation.scales);
  };
  const auto unmeasured = [&] {
    return on_plan() ? planned_profile(*preparation.scales, process, options)
                     : counted(default_profile(model, process, options, observer));
  };
  const bool plan = wanted == "plan" || (wanted == "auto" && planned(model, options));
  if (!options.guard.enabled || wanted == "default" || plan) return unmeasured();
  const bool pilot_on_plan = wanted == "pilot" && on_plan();
  const auto pilot = [&] {
    return counted(pilot_on_plan ? pilot_of_plan(model, process, options, *preparation.scales, observer)
                                 : run_pilot(model, process, options, observer));
  };
  if ((wanted == "auto" || wanted == "shipped") && model.exact()) return pilot();
  if (measured_anew(options.guard)) {
    const auto read = [&](const std::string& text) {
      GuardProfile profile = guard_profile_from_json(text, options.cache);
      if (!made_for(profile, model, process, options)) throw FileError(options.cache, "was made for other settings");
      profile.source = "pilot";  // read from the cache or measured now: the same profile
      return profile;
    };
    return cached(options.cache, read, pilot, [](const GuardProfile& profile) { return to_json(profile); });
  }
  GuardProfile profile;
  if (wanted != "auto" && wanted != "shipped") {
    profile = read_profile(wanted, model, process, options);
  } else if (auto shipped = shipped_profile(model, process, options)) {
    profile = *std::move(shipped);
  } else {
    return unmeasured();
  }
  if (options.guard.redo != Switch::automatic) profile.redo = options.guard.redo == Switch::on;
  return profile;
}

/// Whether the settings themselves say where the steps are made.
bool steps_known(const SamplerOptions& o) { return o.steps && (o.steps->solver || !o.steps->sigmas.empty()); }

/// What asks for a model before the first sample, where there is none to ask.
void check_unmeasured(const ScoreModel& model, const SamplerOptions& o) {
  if (!(model.data_std() > 0))
    throw ConfigError("model.data_std", "missing; it cannot be measured where the model is not at hand");
  if (o.steps && !steps_known(o) && o.steps->schedule.spec().needs == ScheduleNeeds::model)
    throw ConfigError("sampler.steps", std::string(name(o.steps->schedule)) +
                                           " needs the model, which is not at hand; give the file of one that is");
  if (!o.steps && o.guard.enabled && measured_anew(o.guard))
    throw ConfigError("sampler.guard.profile", o.guard.profile + " needs the model, which is not at hand");
}

/// How a sentence names ScoreModel::conditioning().
std::string asked(const std::string& conditioning) {
  return conditioning.empty() ? "without labels or guidance" : conditioning;
}

/// What a user should know of a solver that was fitted to something else.
std::vector<std::string> foreign(const SolverOrigin& origin, const ScoreModel& model, const Process& process) {
  const auto sentence = [](const std::string& that, const std::string& here) {
    return std::vector{"sampler.steps: the solver was fitted to " + that + ", and this is " + here +
                       "; fit one to it, or expect other errors than its file tells"};
  };
  const std::string file = model.file();
  const bool files = !file.empty() && !origin.checksum.empty();
  if (origin.dimension != model.dimension() ||
      (files ? origin.checksum != hash_of_file(file) : file.empty() && origin.model != model.describe()))
    return sentence("another model (" + origin.model + ")", model.describe());
  if (origin.process != process.kind())
    return sentence("this model with the process " + origin.process, process.kind());
  if (origin.conditioning != model.conditioning())
    return sentence("this model " + asked(origin.conditioning), "the model " + asked(model.conditioning()));
  return {};
}

c10::Device device_of(const ScoreModel& model) { return own_device(model).value_or(at::kCPU); }

/// Type and device of the state, where it is on tensors.
std::optional<c10::TensorOptions> state_tensors(const SampleRequest& request, const ScoreModel& model) {
  const c10::Device device = device_of(model);
  const bool masked_there = request.mask.defined() && !device.is_cpu();
  if (request.state == StateMemory::device && masked_there)
    throw ConfigError("run.state",
                      "device cannot take a mask, whose coordinates are set in the host's memory; use auto or host");
  const bool wanted = request.state == StateMemory::device ||
                      (request.state == StateMemory::automatic && !device.is_cpu() && !masked_there);
  return wanted ? std::optional(state_options(device)) : std::nullopt;
}

int batches_in_flight(const SampleRequest& request, const ScoreModel& model, bool on_tensors) {
  if (request.in_flight > 0) return request.in_flight;
  return on_tensors || device_of(model).is_cpu() ? 1 : 2;
}

}  // namespace

Sampler::Sampler(ModelPtr model, const Process& process, const SamplerOptions& options, Observer* observer)
    : model_(std::move(model)), process_(process), options_(checked(options, model_.get(), process)) {
  const bool known = steps_known(options_);
  if (!options_.steps) {
    Preparation preparation;
    profile_ = resolve_profile(*model_, process_, options_, observer, preparation);
    scales_ = preparation.scales, prepared_rows_ = preparation.rows;
  } else if (options_.steps->schedule == Schedule::plan && !known) {
    scales_ = measure_scales(*model_, process_, options_.scales_cache, prepared_rows_);
  } else if (options_.steps->schedule == Schedule::fitted && !known && fits_solver(options_)) {
    FittedSolver solver = fit_solver(*model_, process_, options_, options_.steps->budget, observer);
    prepared_rows_ = solver.evaluations;
    if (!solver.complete) throw Cancelled("the fit of the solver was cancelled");
    solver.pilot = {};  // for reports of a fit
    solver_ = std::make_shared<const FittedSolver>(std::move(solver));
  } else if (options_.steps->schedule == Schedule::fitted && !known) {
    fitted_ = calibrate_schedule(*model_, process_, on_flow(options_), fit_budget(*options_.steps), observer);
    prepared_rows_ = fitted_->evaluations;
    if (!fitted_->complete) throw Cancelled("the fit of the schedule was cancelled");
  }
  make_grid();
}

Prepared unmeasured(const ScoreModel& model, const Process& process, const SamplerOptions& options,
                    const std::optional<MeasuredScales>& scales) {
  const SamplerOptions o = checked(options, &model, process);
  check_unmeasured(model, o);
  Prepared out;
  if (scales)
    out.scales = scales;
  else
    out.scales.emplace().data_std = out.scales->measured_std = model.data_std();
  const std::string& wanted = o.guard.profile;
  if (o.steps) return out;
  const bool plan = o.dynamics == Dynamics::ode && planned(model, o) && plan_serves(o, *out.scales);
  if (o.dynamics == Dynamics::sde)
    out.profile = default_profile(model, process, on_flow(o));
  else if (plan)
    out.profile = planned_profile(*out.scales, process, o);
  else if (wanted == "auto" || wanted == "plan" || wanted == "shipped" || wanted == "default" || !o.guard.enabled)
    out.profile = default_profile(model, process, o);
  else
    out.profile = read_profile(wanted, model, process, o);
  return out;
}

Sampler::Sampler(ModelPtr model, const Process& process, const SamplerOptions& options, const Prepared& prepared)
    : model_(std::move(model)),
      process_(process),
      options_(checked(options, model_.get(), process)),
      fitted_(prepared.fitted),
      scales_(prepared.scales),
      solver_(prepared.solver) {
  if (!options_.steps) profile_ = prepared.profile;
  make_grid();
}

void Sampler::make_grid() {
  if (!options_.steps) return;
  if (fitted_) options_.steps->sigmas = fitted_->sigmas;
  if (scales_) options_.steps->scales = *scales_;
  if (solver_) options_.steps = solver_steps(solver_);
  grid_ = std::make_shared<const GridPlan>(make_grid_plan(process_, options_));
  profile_.data_std = scales_ ? scales_->data_std : model_->data_std();
  if (grid_->solver && grid_->solver != solver_) foreign_ = foreign(grid_->solver->origin, *model_, process_);
}

double Sampler::start(const SampleRequest& request) const {
  double strength = checked_strength(request);
  if (options_.dynamics == Dynamics::sde && !grid_) {  // its steps begin and end at cells of the Brownian path
    const int cells = std::clamp(static_cast<int>(std::lround(strength * BrownianPath::cells)), 1, BrownianPath::cells);
    strength = static_cast<double>(cells) / BrownianPath::cells;
  }
  const double sigma = starting_sigma(process_, strength);
  return grid_ ? std::min(sigma, grid_->sigmas.front()) : sigma;
}

std::vector<double> Sampler::sigmas(const SampleRequest& request) const {
  return grid_ ? grid_from(start(request))->sigmas : std::vector<double>{};
}

/// The grid cut at sigma, which becomes its first node. A node so little below it that the next step could not build on
/// that one is left out.
std::shared_ptr<const GridPlan> Sampler::grid_from(double sigma) const {
  if (!grid_ || sigma == grid_->sigmas.front()) return grid_;
  if (grid_->solver)
    throw ConfigError(
        "strength", "starts below sigma_max, from where a fitted solver starts; take sampler.steps: {schedule: plan}");
  SamplerOptions options = options_;
  FixedSteps& steps = *options.steps;
  if (steps.schedule.spec().needs == ScheduleNeeds::table) steps.schedule = Schedule::log_sigma;
  steps.sigmas = {sigma};
  for (const double node : grid_->sigmas)
    if (node < sigma * (1 - same_node)) steps.sigmas.push_back(node);
  if (steps.sigmas.size() == 1)
    throw ConfigError("strength",
                      "starts at sigma " + shortest(sigma) + ", below which sampler.steps has no node; raise it");
  std::vector<double>& nodes = steps.sigmas;
  if (nodes.size() > 2 && most_growth * std::log(nodes[0] / nodes[1]) < std::log(nodes[1] / nodes[2]))
    nodes.erase(nodes.begin() + 1);
  if (orders(options.method, options.dynamics).most > 0) options.order = grid_->wanted_order;
  return std::make_shared<const GridPlan>(make_grid_plan(process_, options));
}

std::vector<std::string> Sampler::notes() const {
  if (profile_.least_estimate > options_.tolerance)  // of plans alone
    return {std::string("the network is rough in time") +
            (half_precision(*model_) ? ", as half precision makes it" : "") + ": expect errors of up to " +
            three_digits(profile_.least_estimate) + ", which more evaluations hardly lessen; sampler.tolerance is " +
            shortest(options_.tolerance)};
  if (!foreign_.empty()) return foreign_;
  if (!grid_ || grid_->order >= grid_->wanted_order) return {};
  return {"sampler.steps: the grid is too short for order " + std::to_string(grid_->wanted_order) + " of " +
          std::string(name(grid_->method)) + "; order " + std::to_string(grid_->order) + " was used at most"};
}

Plan Sampler::plan(const SampleRequest& request) const {
  if (request.count < 1) throw ConfigError("run.count", "must be at least 1, got " + std::to_string(request.count));
  check_conditions(*model_, request.first, request.count);
  checked_strength(request);

  Plan plan = plan_for(*model_, process_, options_, scales_ && scales_->whole_times);
  plan.latents = starting_latents(request, model_->shape());
  std::shared_ptr<const GridPlan> grid = grid_;
  if (request.init.defined()) {
    plan.sigma_start = start(request);
    grid = grid_from(plan.sigma_start);
    plan.latents = on_data(std::move(plan.latents), InitRows(request, model_->shape()), plan.sigma_start);
  }
  if (grid)
    plan.way = GridRun{.grid = grid, .seed = request.seed, .data_std = profile_.data_std};
  else if (options_.dynamics == Dynamics::sde)
    plan.way = SdePlan{.eta = options_.eta, .seed = request.seed, .steps = profile_};
  else
    plan.way = AdaptivePlan{
        .guard = profile_,
        .own = options_.own_adaptive,
        .events = options_.guard.enabled && options_.guard.events && !half_precision(*model_),
        .at_bursts = model_->exact() && options_.method == Method::multistep && !options_.guard.measure_all,
        .on_manifold = !model_->exact(),
        .every_trajectory = options_.guard.measure_all || model_->exact(),
        .long_directions = request.long_directions,
        .data_are_given = request.init.defined(),
        .independent = !request.noise.defined() && request.interpolate == 0};
  return plan;
}

RunStatistics Sampler::run(const SampleRequest& request, const std::function<void(const Trajectory&)>& finished) const {
  if (request.batch < 1) throw ConfigError("run.batch", "must be at least 1, got " + std::to_string(request.batch));
  if (request.in_flight < 0 || request.in_flight > 2)
    throw ConfigError("run.in_flight", "must be auto, 1 or 2, got " + std::to_string(request.in_flight));
  if (request.threads < 0)
    throw ConfigError("run.threads", "must be at least 0, got " + std::to_string(request.threads));
  const Plan plan = this->plan(request);
  std::optional<MaskedModel> masked;
  if (request.mask.defined()) masked.emplace(*model_, request.mask, InitRows(request, model_->shape()));
  const std::optional<c10::TensorOptions> tensors = state_tensors(request, *model_);
  return run_engine({.model = masked ? *masked : *model_,
                     .plan = plan,
                     .first = request.first,
                     .count = request.count,
                     .work = request.work,
                     .batch = request.batch,
                     .measured_batch = std::min(request.batch, request.measured_batch),
                     .threads = request.threads,
                     .observer = request.observer,
                     .finished = finished,
                     .tensors = tensors,
                     .in_flight = batches_in_flight(request, *model_, tensors.has_value())});
}

RunStatistics Sampler::stream(const SampleRequest& request) const { return run(request, {}); }

Result Sampler::sample(const SampleRequest& request) const {
  const std::int64_t d = model_->dimension();
  const auto shape = row_shape(std::max<std::int64_t>(request.count, 0), model_->shape());
  Result result{.samples = at::empty(shape, at::kDouble).fill_(std::nan("")), .reports = {}, .statistics = {}};
  result.reports.resize(static_cast<std::size_t>(shape[0]));
  for (std::int64_t i = 0; i < shape[0]; ++i) {  // what a cancelled run never started
    result.reports[static_cast<std::size_t>(i)].trajectory = request.first + i;
    result.reports[static_cast<std::size_t>(i)].status = Status::interrupted;
  }
  double* out = result.samples.mutable_data_ptr<double>();
  result.statistics = run(request, [&](const Trajectory& t) {
    const std::int64_t i = t.report().trajectory - request.first;
    std::copy(t.sample().begin(), t.sample().end(), out + i * d);
    result.reports[static_cast<std::size_t>(i)] = t.report();
  });
  return result;
}

}  // namespace shockstep
