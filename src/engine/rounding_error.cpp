#include "engine/rounding_error.hpp"

#include "core/cached.hpp"
#include "core/row_shape.hpp"
#include "core/text.hpp"
#include "engine/pilot.hpp"

#include <shockstep/error.hpp>
#include <shockstep/precision.hpp>
#include <shockstep/sampler.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace shockstep {
namespace {

constexpr std::int64_t rows_compared = 4;
constexpr int nodes_compared = 8;
constexpr int fixed_order =
    2;  // an order that is chosen may be another in either type, and so few nodes show which it was

/// Samples of the pilot's latents.
at::Tensor compared_samples(const ModelPtr& model, const Process& process, double data_std, std::int64_t rows,
                            std::int64_t& computed) {
  SamplerOptions options;
  options.guard.enabled = options.guard.events = false;
  options.order = fixed_order;
  options.steps = FixedSteps{.schedule = Schedule::plan, .count = nodes_compared - 1};
  Prepared prepared;
  prepared.scales.emplace().data_std = data_std;
  const Sampler sampler(model, process, options, prepared);
  SampleRequest request{.count = rows, .batch = static_cast<int>(rows)};
  request.noise = at::empty(row_shape(rows, model->shape()), at::kDouble);
  const std::int64_t d = model->dimension();
  for (std::int64_t i = 0; i < rows; ++i)
    pilot_latents(i, {request.noise.mutable_data_ptr<double>() + i * d, static_cast<std::size_t>(d)});
  Result result = sampler.sample(request);
  computed += result.statistics.model_capacity;
  return result.samples;
}

RoundingError measured_rounding(const ModelPtr& model, const ModelPtr& fine, const Process& process, double data_std) {
  RoundingError out{.rows = rows_compared};
  if (model->conditions() > 0) out.rows = std::min(out.rows, model->conditions());
  const at::Tensor coarse = compared_samples(model, process, data_std, out.rows, out.computed);
  out.rms = std::sqrt(
      (compared_samples(fine, process, data_std, out.rows, out.computed) - coarse).pow(2).mean().item<double>());
  return out;
}

/// "0.0123 4", as rounding_text writes it.
RoundingError rounding_from_text(const std::string& text, const std::string& path) {
  char* end = nullptr;
  RoundingError out;
  out.rms = std::strtod(text.c_str(), &end);
  out.rows = std::strtoll(end, &end, 10);
  if (end != text.c_str() + text.size()) throw FileError(path, "holds no two numbers");
  return out;
}

std::string rounding_text(const RoundingError& error) { return shortest(error.rms) + " " + std::to_string(error.rows); }

}  // namespace

std::optional<RoundingError> rounding_error(const ModelPtr& model, const Process& process, double data_std,
                                            const std::string& cache) {
  if (!half_precision(*model)) return std::nullopt;
  std::optional<RoundingError> out;
  const auto measure = [&] {
    try {
      const ModelPtr fine = in_float32(*model, process);
      return fine ? measured_rounding(model, fine, process, data_std) : RoundingError{};
    } catch (const ModelError&) {  // a network that takes no float32: what is not measured is said
      return RoundingError{};
    }
  };
  out = cached(cache, [&](const std::string& text) { return rounding_from_text(text, cache); }, measure, rounding_text);
  if (out->rows == 0) out.reset();
  return out;
}

}  // namespace shockstep
