#include <shockstep/comparison.hpp>
#include <shockstep/error.hpp>
#include <shockstep/random.hpp>

#include "core/row_shape.hpp"
#include "core/shape_text.hpp"
#include "core/text.hpp"
#include "engine/cancel_only.hpp"
#include "engine/compared_data.hpp"
#include "engine/distribution_reference.hpp"
#include "engine/terminal_error.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace shockstep {
namespace {

// One run of several: its share of the progress.
class PartObserver final : public Observer {
 public:
  PartObserver(Observer* whole, std::size_t part, std::size_t parts) : whole_(whole), part_(part), parts_(parts) {}

  void progress(double share) override {
    if (whole_) whole_->progress((static_cast<double>(part_) + share) / static_cast<double>(parts_));
  }
  bool cancelled() const override { return whole_ && whole_->cancelled(); }

 private:
  Observer* whole_;
  std::size_t part_, parts_;
};

SamplerOptions reference_options(double tolerance, Final final) {
  SamplerOptions options;
  options.order = 5;
  options.tolerance = tolerance;
  options.guard.enabled = false, options.guard.profile = "default";  // errors are followed, not expected
  options.max_evaluations = 100'000;
  options.final = final;
  return options;
}

std::string key(const ComparedMethod& method) { return "methods." + printable(method.name); }

std::int64_t count(const RunStatistics& statistics, Status status) {
  return statistics.count_by_status[static_cast<int>(status)];
}

/// Evaluations that a method takes once, before any trajectory: of a pilot or a fit.
std::int64_t evaluations_before(const Sampler& sampler) {
  return sampler.profile().evaluations + (sampler.fitted() ? sampler.fitted()->evaluations : 0) +
         (sampler.solver() ? sampler.solver()->evaluations : 0);
}

bool whole(const RunStatistics& statistics, const SampleRequest& request) {
  return statistics.trajectories() == request.count && count(statistics, Status::interrupted) == 0;
}

}  // namespace

Comparison::Comparison(ModelPtr model, const Process& process, const std::vector<ComparedMethod>& methods,
                       const SampleRequest& request, const ComparisonReference& reference,
                       const DistanceRequest& distances)
    : model_(std::move(model)),
      process_(process),
      methods_(methods),
      request_(request),
      reference_(reference),
      distances_(distances) {
  if (!model_) throw ConfigError("model", "is missing");
  if (methods_.empty()) throw ConfigError("methods", "must not be empty");
  if (request_.init.defined() || request_.interpolate != 0)
    throw ConfigError(request_.init.defined() ? "init" : "interpolate",
                      "is for a Sampler; a comparison starts from noise");
  const auto& first = methods_.front();
  for (const auto& method : methods_)
    if (method.options.final != first.options.final)
      throw ConfigError(key(method), "final must be the same for all methods, and is not that of " +
                                         printable(first.name) + "; set final: denoise or keep under sampler");
  if (reference_.exact) {
    if (!model_->abilities().flow)
      throw ConfigError("reference",
                        "exact is for models whose flow is known, as of Gaussian mixtures in one dimension, and the "
                        "model is " +
                            model_->describe() + "; leave it out, or give a tolerance such as 1e-9");
  } else if (reference_.tolerance < 0) {
    throw ConfigError("reference", "must be exact or a positive tolerance");
  } else if (reference_.tolerance == 0) {
    reference_.tolerance = model_->exact() ? 1e-9 : 1e-5;
  }
  if (distances_.wanted) check_distances();
  for (auto& method : methods_) method.options.guard.events = false;  // they cost evaluations and change no sample
  CancelOnly observer(request_.observer);
  for (const auto& method : methods_) try {
      samplers_.emplace_back(model_, process_, method.options, &observer);
    } catch (const ConfigError& error) {
      throw ConfigError(key(method), error.what());
    }
}

void check_data_shape(std::span<const std::int64_t> has, const std::vector<std::int64_t>& shape) {
  if (!std::ranges::equal(has, row_shape(has.empty() ? 0 : has[0], shape)))
    throw ConfigError("data", "has the shape " + shape_text(has) + ", and a sample of the model " + shape_text(shape) +
                                  "; must be [n, *shape] with the model's shape");
}

void Comparison::check_distances() const {
  const at::Tensor& data = distances_.data;
  if (!data.defined()) {
    if (model_->abilities().draws) return;
    throw ConfigError("data",
                      "missing; exact samples to compare with are drawn of models in closed form only, and the "
                      "model is " +
                          model_->describe() + "; give a .npy file, or leave distances out");
  }
  check_data_shape(data.sizes(), model_->shape());
  if (data.size(0) < 2) throw ConfigError("data", "must have at least 2 rows");
  if (data.scalar_type() != at::kDouble) throw ConfigError("data", "must be float64");
  if (!at::isfinite(data).all().item<bool>()) throw ConfigError("data", "must be finite");
}

ComparisonResult Comparison::run(const std::function<void(const ComparisonRow&)>& finished) const {
  ComparisonResult result;
  result.reference = reference_;
  const std::size_t first = reference_.exact ? 0 : 1, parts = first + samplers_.size();
  const auto sample = [&](const Sampler& sampler, std::size_t part) {
    PartObserver observer(request_.observer, part, parts);
    SampleRequest request = request_;
    request.observer = &observer;
    Result run = sampler.sample(request);
    if (whole(run.statistics, request)) observer.progress(1);
    return run;
  };

  at::Tensor reference;
  if (!reference_.exact) {
    const Final final = methods_.front().options.final;
    const Sampler sampler(model_, process_, reference_options(reference_.tolerance, final));
    const Result run = sample(sampler, 0);
    if (!whole(run.statistics, request_)) return result;
    reference = run.samples;
    result.reference_evaluations_mean = run.statistics.mean(run.statistics.evaluations);
    result.reference_budget = count(run.statistics, Status::budget);
  }

  std::optional<DistributionReference> distribution;
  for (std::size_t i = 0; i < samplers_.size(); ++i) {
    const Result run = sample(samplers_[i], first + i);
    if (!whole(run.statistics, request_)) return result;
    const bool sde =
        methods_[i].options.dynamics == Dynamics::sde;        // its samples differ from the ODE's and are not errors
    if (!reference.defined()) reference = exact_reference();  // now that the sampler has checked the request
    if (distances_.wanted && !distribution) {
      distribution.emplace(*model_, process_, methods_.front().options.final, distances_.data, request_.count);
      result.floor = distribution->floor();
      result.distance_rows = distribution->rows();
    }
    result.rows.push_back(
        {.method = methods_[i],
         .nodes = static_cast<int>(samplers_[i].sigmas().size()),
         .evaluations_mean = run.statistics.mean(run.statistics.evaluations),
         .evaluations_max = run.statistics.evaluations_max,
         .error = sde ? ErrorStatistics{} : terminal_error(run.samples, reference, *model_, process_.sigma_min()),
         .distances = distribution ? distribution->distances(run.samples) : DistributionDistances{},
         .wall_seconds = run.statistics.wall_seconds,
         .pilot_evaluations = evaluations_before(samplers_[i]),
         .budget = count(run.statistics, Status::budget)});
    if (finished) finished(result.rows.back());
  }
  result.complete = true;
  return result;
}

at::Tensor Comparison::exact_reference() const {
  at::Tensor noise = request_.noise;
  if (!noise.defined()) {
    const std::int64_t d = model_->dimension();
    noise = at::empty({request_.count, d}, at::kDouble);
    double* rows = noise.mutable_data_ptr<double>();
    for (std::int64_t i = 0; i < request_.count; ++i)
      fill_normal({rows + i * d, static_cast<std::size_t>(d)}, request_.seed, Stream::start,
                  static_cast<std::uint64_t>(request_.first + i));
  }
  std::vector<std::int64_t> shape{request_.count};
  shape.insert(shape.end(), model_->shape().begin(), model_->shape().end());
  const double high = process_.sigma_max(), low = process_.sigma_min();
  const at::Tensor end = model_->abilities().flow->flow(high * noise.reshape(shape), high, low);
  if (methods_.front().options.final == Final::keep) return end;
  return model_->denoise(end, at::full({request_.count}, low, at::kDouble));
}

std::vector<std::string> Comparison::notes() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < samplers_.size(); ++i)
    for (const auto& note : samplers_[i].notes()) all.push_back(key(methods_[i]) + ": " + note);
  return all;
}

}  // namespace shockstep
