#include <shockstep/batched_model.hpp>
#include <shockstep/encoder.hpp>
#include <shockstep/error.hpp>
#include <shockstep/precision.hpp>
#include <shockstep/random.hpp>
#include <shockstep/tensor_values.hpp>

#include "core/magnitude.hpp"
#include "core/nan.hpp"
#include "core/statistics.hpp"
#include "engine/conditions.hpp"
#include "engine/engine.hpp"
#include "trajectory/ascent.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace shockstep {
namespace {

constexpr std::int64_t most_exact = 16;  // dimensions: beyond, Hutchinson's directions are fewer

// Half the length of the central differences over sigma. Truncation grows with its square, most where D changes over the
// width of an interface, sigma^2 over the distance of two modes; rounding, 1e-16 or 1e-7 of D, is divided by it.
constexpr DifferenceStep trace_step{.float64 = 1e-4, .float32 = .03};

SamplerOptions checked(SamplerOptions options) {
  if (options.dynamics == Dynamics::sde)
    throw ConfigError("sampler.dynamics", "encode follows the probability flow; set it to ode");
  if (options.steps) throw ConfigError("sampler.steps", "encode chooses its steps; leave it out, or adaptive");
  if (options.method != Method::multistep)
    throw ConfigError("sampler.method", "encode steps by multistep, not " + std::string(name(options.method)));
  options.guard.events = false;
  if (options.guard.profile == "auto") options.guard.profile = "shipped";  // a plan leads down
  if (!options.guard.enabled) options.guard.profile = "default";
  return options;
}

}  // namespace

double EncodeResult::latent_rms() const {
  const double* z = latents.const_data_ptr<double>();
  double sum = 0;
  std::int64_t n = 0;
  for (std::int64_t i = 0; i < latents.numel(); ++i)
    if (std::isfinite(z[i])) sum += z[i] * z[i], ++n;
  return n > 0 ? std::sqrt(sum / static_cast<double>(n)) : nan;
}

Encoder::Encoder(ModelPtr model, const Process& process, const SamplerOptions& options, const EncodeOptions& encode,
                 Observer* observer)
    : sampler_(model, process, checked(options), observer),
      model_(std::move(model)),
      encode_(encode),
      likelihood_(encode.likelihood) {
  const bool possible = !half_precision(*model_);
  if (!possible && likelihood_ != Likelihood::automatic && likelihood_ != Likelihood::off)
    throw ConfigError(
        "encode.likelihood",
        "must be off or auto in half precision, where a trace is mostly rounding; set run.dtype: float32");
  if (likelihood_ == Likelihood::automatic && !possible)
    likelihood_ = Likelihood::off;
  else if (likelihood_ == Likelihood::automatic)
    likelihood_ = model_->dimension() <= most_exact ? Likelihood::exact : Likelihood::hutchinson;
  if (likelihood_ == Likelihood::hutchinson && encode_.probes < 2)
    throw ConfigError("encode.probes", "must be at least 2, got " + std::to_string(encode_.probes));
}

int Encoder::directions() const {
  switch (likelihood_) {
    case Likelihood::off: return 0;
    case Likelihood::exact: return static_cast<int>(model_->dimension());
    default: return encode_.probes;
  }
}

/// ln p at sigma_max of the rows of x [n, *shape]: the model's own, or that of a Gaussian about D(0), whose evaluations `cost` gets.
std::vector<double> Encoder::log_prior(const at::Tensor& x, const EncodeRequest& request, RunStatistics& cost) const {
  const std::int64_t n = x.size(0), d = model_->dimension();
  const double sigma = sampler_.process().sigma_max();
  if (const ExactDensity* density = model_->abilities().density)
    return values(density->log_density(x, at::full({n}, sigma, at::kDouble)));
  const std::int64_t means = model_->conditions() > 0 ? n : 1;  // one for each label
  BatchedModel batches(*model_, static_cast<int>(std::min<std::int64_t>(means, request.batch)));
  const at::Tensor origins = at::zeros_like(x).narrow(0, 0, means);
  const at::Tensor mean = batches.denoise(origins, sigma, at::arange(request.first, request.first + means, at::kLong));
  cost.add_cost(batches.cost());
  const double variance = sigma * sigma + std::pow(sampler_.profile().data_std, 2);
  const at::Tensor square = x.sub(mean).square().view({n, -1}).sum(1);
  return values(at::sub(at::mul(square, -.5 / variance),
                        .5 * static_cast<double>(d) * std::log(2 * std::numbers::pi * variance)));
}

EncodeResult Encoder::encode(const EncodeRequest& request) const {
  const std::int64_t d = model_->dimension();
  if (!request.data.defined() || request.data.dim() == 0 || request.data.scalar_type() != at::kDouble ||
      request.data.numel() == 0 || request.data.sizes().slice(1) != at::IntArrayRef(model_->shape()))
    throw ConfigError("data", "must be float64 of shape [n, *shape] with the shape of the model, at least one row");
  if (!at::isfinite(request.data).all().item<bool>()) throw ConfigError("data", "must be finite");
  check_magnitude("data", request.data.abs().max().item<double>());
  const at::Tensor data = request.data.contiguous();
  const std::int64_t n = data.size(0);
  check_conditions(*model_, request.first, n);
  const double* rows = data.const_data_ptr<double>();

  const Process& process = sampler_.process();
  Plan plan(process, sampler_.options());
  plan.way = AscentPlan{.guard = sampler_.profile(),
                        .directions = directions(),
                        .coordinates = likelihood_ != Likelihood::hutchinson,
                        .difference = difference_step(*model_, trace_step, Difference::central),
                        .seed = request.seed};
  plan.latents = [&](std::int64_t i, std::span<double> out) {
    if (encode_.add_noise)
      fill_normal(out, request.seed, Stream::datum, static_cast<std::uint64_t>(i));
    else
      std::ranges::fill(out, 0.);
    const double* row = rows + (i - request.first) * d;
    for (std::size_t j = 0; j < out.size(); ++j) out[j] = row[j] + process.sigma_min() * out[j];
  };

  EncodeResult result;
  result.latents = at::empty(data.sizes(), at::kDouble).fill_(nan);
  const auto count = static_cast<std::size_t>(n);
  result.reports.resize(count);
  for (std::size_t i = 0; i < count; ++i) {  // what a cancelled run never started
    result.reports[i].trajectory = request.first + static_cast<std::int64_t>(i);
    result.reports[i].status = Status::interrupted;
  }
  result.log_likelihood.assign(count, nan);
  result.standard_error.assign(count, nan);
  result.quadrature_error.assign(count, nan);
  double* latents = result.latents.mutable_data_ptr<double>();
  result.statistics = run_engine({.model = *model_,
                                  .plan = plan,
                                  .first = request.first,
                                  .count = n,
                                  .batch = request.batch,
                                  .threads = request.threads,
                                  .observer = request.observer,
                                  .finished = [&](const Trajectory& row) {
                                    const auto& t = dynamic_cast<const Ascent&>(row);
                                    const auto i = static_cast<std::size_t>(t.report().trajectory - request.first);
                                    std::ranges::copy(t.sample(), latents + static_cast<std::int64_t>(i) * d);
                                    result.reports[i] = t.report();
                                    if (directions() == 0) return;
                                    const std::vector<double> volumes(t.log_volumes().begin(), t.log_volumes().end());
                                    const auto m = static_cast<double>(volumes.size());
                                    result.log_likelihood[i] = mean(volumes);
                                    result.standard_error[i] =
                                        m > 1 ? standard_deviation(volumes) / std::sqrt(m - 1) : 0;
                                    result.quadrature_error[i] = t.volume_error();
                                  }});
  if (directions() > 0) {
    const auto prior = log_prior(at::mul(result.latents, process.sigma_max()), request, result.statistics);
    for (std::size_t i = 0; i < count; ++i) result.log_likelihood[i] += prior[i];
    for (std::size_t i = 0; i < count; ++i)
      if (!std::isfinite(result.log_likelihood[i])) result.standard_error[i] = result.quadrature_error[i] = nan;
  }
  return result;
}

}  // namespace shockstep
