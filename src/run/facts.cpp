#include "run/facts.hpp"

#include <shockstep/precision.hpp>

#include "core/row_shape.hpp"
#include "core/text.hpp"
#include "engine/rounding_error.hpp"
#include "model/network.hpp"
#include "run/fit.hpp"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace shockstep {
namespace {

// Of noise over the data: so far out D(0) is the data's mean but for a share that is the square of its inverse.
constexpr double far_above = 1e8;

/// Of an exact model, which knows any noise.
std::optional<DataScale> scale_of_data(const ScoreModel& model, double sigma_max) {
  const at::Tensor origin = at::zeros(row_shape(1, model.shape()), at::kDouble);
  const double sigma = far_above * std::max(sigma_max, model.data_std());
  const at::Tensor mean = model.denoise_rows(origin, at::full({1}, sigma, at::kDouble), at::zeros({1}, at::kLong));
  const DataScale out{.mean = std::sqrt(mean.square().mean().item<double>()), .deviation = model.data_std()};
  return std::isfinite(out.mean) ? std::optional(out) : std::nullopt;
}

/// What half precision leaves of tolerance and events.
std::string half_precision_note(const RunFacts& facts, const std::string& dtype) {
  const auto& error = facts.rounding;
  std::string out = "run.dtype: " + dtype + " rounds every answer of the network to " +
                    (dtype == "float16" ? "three digits" : "two digits");
  if (error && std::isfinite(error->rms))
    out += " and moves samples by about " + three_digits(error->rms) + " (root mean square of " +
           std::to_string(error->rows) + " pilot rows against float32)";
  else
    out += ", and how far that moves samples is not measured, without the network in float32";
  if (!facts.sigmas.empty()) return out;
  if (!facts.sde) out += "; sampler.tolerance is kept for the network as it is computed";
  if (facts.guard) out += "; events are not sought, which are differences of answers";
  return out + "; float32 takes fewer evaluations where steps are short";
}

}  // namespace

RunFacts run_facts(const ModelPtr& model, const Sampler& sampler, const SampleRequest& request,
                   const RunSettings& run) {
  const SamplerOptions& options = sampler.options();
  const bool sde = options.dynamics == Dynamics::sde;
  RunFacts facts;
  facts.tolerance = options.tolerance;
  facts.sigma_max = sampler.process().sigma_max();
  facts.max_evaluations = options.max_evaluations;
  facts.float64 = model->exact() || run.dtype == "float64";
  facts.exact = model->exact();
  facts.one_condition = !model->conditioning().empty() && model->conditions() == 0;
  facts.from_data = request.init.defined(), facts.own_noise = request.noise.defined();
  facts.interpolated = request.interpolate > 0;
  if (model->exact() && !model->abilities().product) facts.data = scale_of_data(*model, facts.sigma_max);
  facts.profile = sampler.profile();
  facts.guard = options.guard.enabled && !options.steps && !sde;
  facts.sde = sde;
  facts.sigmas = sampler.sigmas(request);
  facts.fitted = sampler.fitted();
  facts.solver = sampler.solver();
  facts.scales = sampler.scales();
  facts.notes = sampler.notes();
  facts.prepared_rows = sampler.prepared_rows();
  const Float32Kept kept(*model);  // for the fit check and the measurement of rounding
  facts.fit = fit_of(model, sampler.process(), options.scales_cache, run.batch, facts.prepared_rows, sampler.scales(),
                     request.observer);
  for (auto& sentence : model_warnings(*model, run, facts.fit)) facts.notes.push_back(std::move(sentence));
  if (half_precision(*model)) {
    const std::string& cache = options.scales_cache;  // beside what else is measured once
    facts.rounding = rounding_error(model, sampler.process(), facts.profile.data_std > 0 ? facts.profile.data_std : 1,
                                    cache.empty() ? cache : cache.substr(0, cache.rfind('.')) + ".rounding.txt");
    if (facts.rounding) facts.prepared_rows += facts.rounding->computed;
    facts.notes.push_back(half_precision_note(facts, run.dtype));
  }
  if (sde && options.guard.enabled)
    facts.notes.push_back(
        "sampler.guard: not used; the reverse SDE forgets its errors, and no events are sought on it");
  return facts;
}

namespace {

/// The model's data have latents of unit variance: with n numbers their root mean square is 1 within a few 1/sqrt(2 n).
std::vector<std::string> latent_warnings(const EncodeResult& result) {
  std::vector<std::string> all;
  const double rms = result.latent_rms();
  const double spread = 4 / std::sqrt(2 * static_cast<double>(result.latents.numel()));
  if (rms < .9 - spread || rms > 1.1 + spread)
    all.push_back("the latents have a root mean square of " + shortest(std::round(rms * 1e3) / 1e3) +
                  ", not 1: the data are not what the model describes; check their scale and the process");
  const auto count = [&](Status status) { return result.statistics.count_by_status[static_cast<int>(status)]; };
  if (const auto n = count(Status::budget); n > 0)
    all.push_back(std::to_string(n) +
                  " rows ended beyond their tolerance at sampler.max_evaluations; raise it, or the tolerance");
  if (const auto n = count(Status::non_finite); n > 0)
    all.push_back(std::to_string(n) + " rows: the model returned NaN or infinity");
  if (const auto n = count(Status::failed); n > 0)
    all.push_back(std::to_string(n) + " rows: the model failed: " + printable(result.statistics.first_failure, 500));
  return all;
}

}  // namespace

std::vector<std::string> encode_warnings(const EncodeResult& result, const ScoreModel& model, Likelihood asked) {
  std::vector<std::string> all = latent_warnings(result);
  if (asked == Likelihood::automatic && half_precision(model))
    all.emplace_back(
        "encode.likelihood: left out, since a trace in half precision is mostly rounding; set run.dtype: float32");
  return all;
}

std::string label(const ComparisonRow& row) {
  const auto& options = row.method.options;
  return printable(row.method.name) + ", " + std::string(name(options.method)) +
         (row.nodes > 0 ? " on " + std::to_string(row.nodes) + " nodes" : ", tolerance " + shortest(options.tolerance));
}

std::vector<std::string> compare_warnings(const Comparison& comparison, const ComparisonResult& result) {
  std::vector<std::string> all = comparison.notes();
  if (result.reference_budget > 0)
    all.push_back("reference: " + std::to_string(result.reference_budget) +
                  " trajectories did not reach its tolerance; errors near it are not resolved");
  if (result.distance_rows > 0 && std::isnan(result.floor.sliced_w2.value))
    all.push_back("data: " + std::to_string(result.distance_rows) +
                  " rows are too few to show what exact samples score; it takes two for each sample");
  for (const auto& row : result.rows) {
    if (row.error.left_out > 0)
      all.push_back(label(row) + ": " + std::to_string(row.error.left_out) +
                    " trajectories have no finite sample or reference and are left out of the errors");
    if (row.budget > 0)
      all.push_back(label(row) + ": " + std::to_string(row.budget) +
                    " trajectories ended beyond their tolerance at max_evaluations = " +
                    std::to_string(row.method.options.max_evaluations) + "; raise it, or the tolerance");
  }
  return all;
}

}  // namespace shockstep
