#include <shockstep/inspect.hpp>

#include <shockstep/error.hpp>
#include <shockstep/random.hpp>
#include <shockstep/torch_threads.hpp>

#include "inspect/clusters.hpp"
#include "inspect/commitment.hpp"
#include "inspect/differences.hpp"
#include "inspect/evaluator.hpp"
#include "inspect/field.hpp"
#include "inspect/health.hpp"
#include "inspect/interfaces.hpp"
#include "inspect/mixture.hpp"
#include "inspect/paths.hpp"
#include "inspect/product_form.hpp"
#include "inspect/quantiles.hpp"
#include "inspect/spectral.hpp"
#include "inspect/spectrum.hpp"
#include "inspect/stationary.hpp"
#include "inspect/training.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

// Components of a mixture that are taken for its clusters, at most: as in the tree of the report.
constexpr std::int64_t most_components = 48;
// Levels of noise lie between these, over the scale of the data.
constexpr double highest_level = 3, lowest_level = .02;
constexpr int spectrum_levels = 16;
// For each profile wanted: not every line along which J exceeds 1 crosses a layer.
constexpr std::int64_t candidates = 4;

/// Directions of events are kept for as many trajectories as fit into this, in doubles (128 MiB), at so many windows each.
constexpr std::int64_t direction_memory = 1 << 24, directed_windows = 4, least_directed = 16;

/// Shares of the work, about, for the progress bar.
constexpr double of_sampling = .45, of_paths = .25;

/// The caller's observer, told the progress of one part of the work as a share of all of it.
class Part final : public Observer {
 public:
  Part(Observer* whole, double from, double to) : whole_(whole), from_(from), to_(to) {}

  bool wants_state() const override { return whole_ && whole_->wants_state(); }
  void state(const EvaluatedRows& rows) override { whole_->state(rows); }
  void finished(const TrajectoryReport& report, std::span<const double> sample) override {
    if (whole_) whole_->finished(report, sample);
  }
  void progress(double share) override {
    if (whole_) whole_->progress(std::lerp(from_, to_, share));
  }
  bool cancelled() const override { return whole_ && whole_->cancelled(); }

 private:
  Observer* whole_;
  double from_, to_;
};

/// Quantities that sections share, in the order in which they come to be known.
class Analysis {
 public:
  Analysis(const ModelPtr& model, const Process& process, const SamplerOptions& sampler, const InspectRequest& request)
      : model_(model),
        process_(process),
        sampler_options_(inspect_sampler(sampler)),
        request_(request),
        options_(request.options),
        evaluator_(*model, process, request.batch, request.observer),
        step_(difference_step(*model, inspect_step, Difference::second)) {}

  InspectResult run() {
    try {
      if (const auto product = model_->abilities().product) {
        settle(*product);
        compare_data();
        analyse_noised();
      } else {
        sample();
        compare_data();
        find_clusters();
        follow();
        analyse_states();
      }
    } catch (const Cancelled&) {
      result_.found.complete = false;
    }
    return std::move(result_);
  }

 private:
  void sample();
  void compare_data();
  void find_clusters();
  void follow();
  void analyse_states();
  void settle(const ProductForm& field);
  void analyse_noised();
  void check_levels(const std::vector<States>& levels);
  at::Tensor latents(std::int64_t rows) const;
  States at_node(std::size_t node, std::int64_t rows) const;
  std::vector<std::size_t> nodes_between(double high, double low, std::int64_t count) const;
  std::size_t nearest_node(double sigma) const;
  void progress(double share) const {
    if (request_.observer) request_.observer->progress(share);
  }

  ModelPtr model_;
  Process process_;
  SamplerOptions sampler_options_;
  const InspectRequest& request_;
  const InspectOptions& options_;
  Evaluator evaluator_;
  double step_;
  InspectResult result_;
  at::Tensor samples_;                             // [count, d]
  double scale_ = 0;                               // of the samples, rms over coordinates
  std::shared_ptr<const GaussianMixture> fitted_;  // at the clusters, also for a model that is a mixture
  std::vector<double> nodes_;
  std::vector<std::int64_t> followed_;  // trajectories whose states are
  std::vector<at::Tensor> states_;      // of these at each node, [kept, d]
  std::vector<Event> interfaces_;       // whose profiles are wanted
};

void Analysis::sample() {
  Part observer(request_.observer, 0, of_sampling);
  const Sampler sampler(model_, process_, sampler_options_, &observer);
  SampleRequest request{
      .count = options_.count, .seed = request_.seed, .batch = request_.batch, .threads = request_.threads};
  if (model_->conditions() > 0) request.count = std::min(request.count, model_->conditions());
  request.observer = &observer;
  request.long_directions = std::max(least_directed, direction_memory / (directed_windows * model_->dimension()));
  Result drawn = sampler.sample(request);
  if (observer.cancelled()) throw Cancelled("cancelled");

  SpeciationSection out{.reports = std::move(drawn.reports), .profile = sampler.profile()};
  out.evaluations = drawn.statistics.evaluations + out.profile.evaluations;
  std::vector<double> enter, decide, exit, bracket, exponent;
  for (const auto& report : out.reports) {
    std::int64_t windows = 0;
    for (const Event& event : report.events) switch (event.kind) {
        case EventKind::enter: enter.push_back(event.sigma), ++windows; break;
        case EventKind::exit: exit.push_back(event.sigma), --windows; break;
        case EventKind::speciation:
          decide.push_back(event.sigma);
          bracket.push_back(std::log(event.sigma_high / event.sigma_low));
          break;
      }
    if (report.events.empty()) continue;
    ++out.with_event;
    out.open += windows;
    exponent.push_back(report.exponent);
  }
  out.enter = quantiles_of(enter), out.speciation = quantiles_of(decide), out.exit = quantiles_of(exit);
  out.bracket = quantiles_of(bracket), out.exponent = quantiles_of(exponent);
  result_.found.speciation = std::move(out);
  result_.samples = drawn.samples;
  samples_ = drawn.samples.reshape({request.count, -1});

  const at::Tensor good = samples_.index_select(0, at::isfinite(samples_).all(1).nonzero().squeeze(1));
  if (good.size(0) == 0) throw ModelError("no trajectory ended well; try shockstep sample, whose statuses say why");
  scale_ = std::sqrt((good - good.mean(0)).pow(2).mean().item<double>());
  if (!(scale_ > 0)) scale_ = sampler.profile().data_std;
  const bool given = request_.data.defined();
  result_.found.spectral = spectral_prediction(given ? request_.data.flatten(1) : good, given ? "data" : "samples",
                                               result_.found.speciation->reports);
}

void Analysis::compare_data() {
  if (!request_.data.defined()) return;
  result_.found.training = compare_with_training(
      samples_, request_.data.flatten(1), request_.held_out.defined() ? request_.held_out.flatten(1) : at::Tensor());
}

void Analysis::find_clusters() {
  const Modes* modes = model_->abilities().modes;
  ClusterSection clusters;
  if (request_.labels.defined()) {
    clusters = clusters_at(samples_, class_means(request_.data.flatten(1), request_.labels), "labels");
  } else if (modes && options_.clusters == 0 && modes->components() <= most_components) {
    const at::Tensor means = at::tensor(modes->means(), at::kDouble).view({modes->components(), -1});
    clusters = clusters_at(samples_, means, "components");
  } else {
    clusters = clusters_of(samples_, options_.clusters, request_.seed);
  }
  fitted_ = mixture_at(clusters, samples_, process_.sigma_min());
  result_.mixture = fitted_;
  result_.found.clusters = std::move(clusters);
}

void Analysis::follow() {
  const std::int64_t n = std::min(options_.trajectories, samples_.size(0));
  nodes_ = path_nodes(process_);
  interfaces_ = strongest(result_.found.speciation->reports, n, candidates * options_.interfaces);
  for (std::int64_t i = 0; i < std::min(n, std::max({std::int64_t{1}, options_.health_rows, options_.spectrum_rows}));
       ++i)
    followed_.push_back(i);
  for (const Event& event : interfaces_)
    if (std::ranges::find(followed_, event.trajectory) == followed_.end()) followed_.push_back(event.trajectory);
  const at::Tensor kept = at::tensor(followed_, at::kLong);
  Commitment commitment(nodes_, means_of(*result_.found.clusters));
  follow_paths(evaluator_, nodes_, latents(n), scale_, [&](std::size_t i, const States& states, const at::Tensor& D) {
    commitment.node(D);
    states_.push_back(states.x.index_select(0, kept));
    progress(of_sampling + of_paths * static_cast<double>(i + 1) / static_cast<double>(nodes_.size()));
  });
  CommitmentSection out = commitment.section(*result_.found.clusters, samples_);
  out.evaluations = evaluator_.take();
  result_.found.commitment = std::move(out);
}

/// Of the trajectories, as a Sampler starts them.
at::Tensor Analysis::latents(std::int64_t rows) const {
  const std::int64_t d = model_->dimension();
  at::Tensor out = at::empty({rows, d}, at::kDouble);
  for (std::int64_t i = 0; i < rows; ++i)
    fill_normal({out.mutable_data_ptr<double>() + i * d, static_cast<std::size_t>(d)}, request_.seed, Stream::start,
                static_cast<std::uint64_t>(i));
  return out;
}

/// The first `rows` of the trajectories kept.
States Analysis::at_node(std::size_t node, std::int64_t rows) const {
  const std::int64_t n = std::min<std::int64_t>(rows, std::ssize(followed_));
  return {states_[node].narrow(0, 0, n), at::arange(n, at::kLong), nodes_[node]};
}

/// Inner nodes, so that there is room for differences in sigma: about evenly apart in ln sigma, descending.
std::vector<std::size_t> Analysis::nodes_between(double high, double low, std::int64_t count) const {
  std::vector<std::size_t> out;
  for (std::int64_t k = 0; k < count; ++k) {
    const double share = count > 1 ? static_cast<double>(k) / static_cast<double>(count - 1) : 0;
    const std::size_t node = nearest_node(high * std::pow(low / high, share));
    if (out.empty() || out.back() != node) out.push_back(node);
  }
  return out;
}

std::size_t Analysis::nearest_node(double sigma) const {
  const auto at = std::min_element(nodes_.begin() + 1, nodes_.end() - 1, [&](double a, double b) {
    return std::abs(std::log(a / sigma)) < std::abs(std::log(b / sigma));
  });
  return static_cast<std::size_t>(at - nodes_.begin());
}

void Analysis::analyse_states() {
  const double high = highest_level * scale_, low = lowest_level * scale_;
  std::vector<States> levels, along;
  for (const std::size_t node : nodes_between(high, low, options_.levels))
    levels.push_back(at_node(node, std::max<std::int64_t>(1, options_.health_rows)));
  check_levels(levels);
  progress(.85);
  if (options_.spectrum_rows > 0) {
    for (const std::size_t node : nodes_between(high, low, spectrum_levels))
      along.push_back(at_node(node, options_.spectrum_rows));
    result_.found.spectrum = measure_spectrum(evaluator_, along, step_, request_.seed);
  }
  progress(.95);
  if (options_.interfaces > 0) {
    InterfaceSection out;
    for (const Event& event : interfaces_) {
      if (std::ssize(out.profiles) == options_.interfaces) break;
      const std::size_t node = nearest_node(event.sigma);
      const std::int64_t row = std::ranges::find(followed_, event.trajectory) - followed_.begin();
      const States state{states_[node].narrow(0, row, 1), at::tensor({event.trajectory}, at::kLong), nodes_[node]};
      ++out.tried;
      if (auto profile = interface_profile(evaluator_, state, at::tensor(event.direction, at::kDouble)))
        out.profiles.push_back(*std::move(profile));
    }
    if (out.profiles.empty()) {
      const bool some = result_.found.speciation->with_event > 0;
      out.why = out.tried > 0 ? "no tanh layer across any of the " + std::to_string(out.tried) + " interfaces tried"
                : some        ? "no window of the trajectories followed was measured long enough for a direction"
                              : "no trajectory passed an interface";
    }
    out.evaluations = evaluator_.take();
    result_.found.interfaces = std::move(out);
  }
  result_.found.product = product_form(evaluator_, levels);
  progress(1);
}

void Analysis::check_levels(const std::vector<States>& levels) {
  if (options_.health_rows > 0)
    result_.found.health =
        check_health(evaluator_, process_, levels, fitted_,
                     {.step = step_, .float32 = !model_->exact() && request_.float32, .seed = request_.seed});
}

/// A score f(x)/sigma^p belongs to no diffusion: its dynamics are those of f in a clock of their own, and end on f's
/// stable zeros.
void Analysis::settle(const ProductForm& options) {
  std::int64_t n = options_.count;
  if (model_->conditions() > 0) n = std::min(n, model_->conditions());
  Field field(evaluator_, process_, options);
  samples_ = field.flow(process_.sigma_max() * latents(n), at::arange(n, at::kLong), field.duration(), true);
  progress(.5);
  StationarySection out = stationary_points(field, samples_, request_.seed);
  out.sigma = options.sigma, out.power = options.power, out.duration = field.duration();
  out.evaluations = evaluator_.take();
  progress(.8);
  std::vector<int64_t> shape{n};
  shape.insert(shape.end(), model_->shape().begin(), model_->shape().end());
  result_.samples = samples_.reshape(shape);
  scale_ = std::max(std::sqrt((samples_ - samples_.mean(0)).pow(2).mean().item<double>()), options.sigma);
  std::vector<at::Tensor> stable;
  for (const StationaryPoint& point : out.points)
    if (point.unstable == 0) stable.push_back(at::tensor(point.at, at::kDouble));
  result_.found.clusters = stable.empty() ? clusters_of(samples_, options_.clusters, request_.seed)
                                          : clusters_at(samples_, at::stack(stable), "stable points");
  fitted_ = mixture_at(*result_.found.clusters, samples_, process_.sigma_min());
  result_.found.stationary = std::move(out);
}

/// The ends noised again, since the states visited lie on the zeros of f at all but the highest noise.
void Analysis::analyse_noised() {
  std::vector<States> levels;
  const std::int64_t n = std::min(samples_.size(0), std::max<std::int64_t>(1, options_.health_rows));
  for (std::int64_t k = 0; k < options_.levels; ++k) {
    const double share = options_.levels > 1 ? static_cast<double>(k) / static_cast<double>(options_.levels - 1) : 0;
    const double sigma = std::clamp(scale_ * highest_level * std::pow(lowest_level / highest_level, share),
                                    process_.sigma_min() * 1.1, process_.sigma_max() / 1.1);
    if (!levels.empty() && levels.back().sigma <= sigma) continue;
    const at::Tensor noise = normal_rows(n, model_->dimension(), request_.seed + static_cast<std::uint64_t>(k));
    levels.push_back({samples_.narrow(0, 0, n) + sigma * noise, at::arange(n, at::kLong), sigma});
  }
  check_levels(levels);
  result_.found.product = product_form(evaluator_, levels);
  progress(1);
}

void check(const ModelPtr& model, const InspectRequest& request) {
  if (!model) throw ConfigError("model", "is missing");
  const auto at_least = [](const char* key, std::int64_t value, std::int64_t least) {
    if (value < least)
      throw ConfigError(std::string("inspect.") + key,
                        "must be at least " + std::to_string(least) + ", got " + std::to_string(value));
  };
  const InspectOptions& options = request.options;
  at_least("count", options.count, 1);
  at_least("trajectories", options.trajectories, 1);
  at_least("clusters", options.clusters, 0);
  at_least("levels", options.levels, 1);
  at_least("health_rows", options.health_rows, 0);
  at_least("spectrum_rows", options.spectrum_rows, 0);
  at_least("interfaces", options.interfaces, 0);
  if (request.batch < 1) throw ConfigError("run.batch", "must be at least 1, got " + std::to_string(request.batch));
  const auto rows = [&](const char* key, const at::Tensor& t) {
    if (t.defined() &&
        (t.dim() == 0 || t.scalar_type() != at::kDouble || t.sizes().slice(1) != at::IntArrayRef(model->shape())))
      throw ConfigError(key, "must be float64 of shape [n, *shape] with the shape of the model");
    if (t.defined() && t.size(0) == 0) throw ConfigError(key, "has no rows; give at least one, or leave it out");
    if (t.defined() && !at::isfinite(t).all().item<bool>()) throw ConfigError(key, "must be finite");
  };
  rows("data", request.data);
  rows("held_out", request.held_out);
  if (request.held_out.defined() && !request.data.defined())
    throw ConfigError("held_out", "needs data, the training data");
  if (!request.labels.defined()) return;
  if (!request.data.defined()) throw ConfigError("labels", "needs data, whose rows it labels");
  if (request.labels.dim() != 1 || request.labels.size(0) != request.data.size(0))
    throw ConfigError("labels", "must have one number for each row of data, " + std::to_string(request.data.size(0)));
  if (!at::isfinite(request.labels).all().item<bool>()) throw ConfigError("labels", "must be finite");
}

}  // namespace

SamplerOptions inspect_sampler(SamplerOptions options) {
  options.dynamics = Dynamics::ode;
  if (!is_adaptive(options.method)) options.method = Method::multistep, options.order = 0;
  options.steps.reset();
  options.guard.enabled = options.guard.events = options.guard.measure_all = true;
  if (options.guard.profile == "auto") options.guard.profile = "shipped";  // steps that follow decisions
  return options;
}

InspectResult inspect(const ModelPtr& model, const Process& process, const SamplerOptions& sampler,
                      const InspectRequest& request) {
  check(model, request);
  // Sums of several threads differ in their last bits; the trajectories have threads of their own.
  const TorchThreads threads(model->exact() ? 1 : at::get_num_threads());
  return Analysis(model, process, sampler, request).run();
}

}  // namespace shockstep
