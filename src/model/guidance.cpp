#include "model/guidance.hpp"

#include "core/shape_text.hpp"
#include "core/text.hpp"

#include <shockstep/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace shockstep {
namespace {

bool has_interval(const Guidance& guidance) { return guidance.sigma_low > 0 || std::isfinite(guidance.sigma_high); }

at::Tensor column(const at::Tensor& values, const at::Tensor& D) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(D.dim()), 1);
  shape[0] = D.size(0);
  return values.view(shape);
}

/// Of each row, over its coordinates. Row by row: the bits of a tensor's sums may depend on how many rows it has.
std::vector<double> deviations(const at::Tensor& D) {
  const at::Tensor rows = D.to(at::kCPU, at::kDouble).contiguous();
  const auto n = static_cast<std::size_t>(D.size(0)), d = static_cast<std::size_t>(D.numel()) / n;
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* row = rows.const_data_ptr<double>() + i * d;
    double mean = 0, square = 0;
    for (std::size_t j = 0; j < d; ++j) mean += row[j] / static_cast<double>(d);
    for (std::size_t j = 0; j < d; ++j) square += (row[j] - mean) * (row[j] - mean);
    out[i] = std::sqrt(square / static_cast<double>(d));
  }
  return out;
}

/// Lin et al. 2024, equations 15 and 16: phi std(D_cond)/std(D) D + (1 - phi) D.
at::Tensor rescaled(const at::Tensor& D, const at::Tensor& conditional, double phi) {
  const auto own = deviations(D), wanted = deviations(conditional);
  const at::Tensor factor = at::empty({D.size(0)}, at::kDouble);
  for (std::size_t i = 0; i < own.size(); ++i)
    factor.mutable_data_ptr<double>()[i] = own[i] > 0 ? phi * wanted[i] / own[i] + (1 - phi) : 1;
  return D * column(factor.to(D.options()), D);
}

at::Tensor checked(const at::Tensor& D, const at::Tensor& like) {
  if (!D.defined() || D.sizes() != like.sizes() || !D.is_floating_point())
    throw ModelError("guidance: the function must return a floating point tensor of shape " + shape_text(like.sizes()) +
                     (D.defined() ? ", got shape " + shape_text(D.sizes()) : std::string()));
  return D.to(like.options());
}

}  // namespace

void check_guidance(const NetworkOptions& options) {
  if (!options.guidance) return;
  const Guidance& g = *options.guidance;
  if (options.labels.empty() && options.conditions.empty())
    throw ConfigError("model.label", "missing; model.guidance needs a label to guide to");
  if (options.labels.empty() && g.null_conditions.empty())
    throw ConfigError("model.guidance.null_condition",
                      "missing; guidance needs what a condition is without its content, such as {" +
                          printable(options.conditions.front().name, 100) + ": 0}");
  if (!std::isfinite(g.scale)) throw ConfigError("model.guidance.scale", "must be finite");
  if (g.calls < 0 || g.calls > 2)
    throw ConfigError("model.guidance.calls", "must be 1 or 2, got " + std::to_string(g.calls));
  if (!(g.rescale >= 0 && g.rescale <= 1))
    throw ConfigError("model.guidance.rescale", "must be from 0 to 1, got " + shortest(g.rescale));
  std::int64_t d = 1;
  for (const auto n : options.shape) d *= n;
  if (g.rescale > 0 && d == 1)
    throw ConfigError("model.guidance.rescale", "needs samples of more than one number, which have a deviation");
  if (!(g.sigma_low >= 0 && g.sigma_low < g.sigma_high))
    throw ConfigError("model.guidance.interval", "must be [low, high] with 0 <= low < high, got [" +
                                                     shortest(g.sigma_low) + ", " + shortest(g.sigma_high) + "]");
}

bool guides(const NetworkOptions& options) {
  return options.guidance && (options.guidance->own || options.guidance->scale != 1);
}

bool in_one_call(const Guidance& guidance) {
  return guidance.calls == 1 || (guidance.calls == 0 && !has_interval(guidance));
}

std::string guidance_text(const NetworkOptions& options) {
  if (!guides(options)) return {};
  const Guidance& g = *options.guidance;
  std::string text = options.labels.empty() ? "guided" : "guided from " + std::to_string(g.null_label);
  text += g.own ? " by a function" : " by " + shortest(g.scale);
  if (g.rescale > 0 && !g.own) text += ", rescaled by " + shortest(g.rescale);
  if (has_interval(g)) text += ", where sigma is from " + shortest(g.sigma_low) + " to " + shortest(g.sigma_high);
  return text;
}

std::vector<double> guidance_ends(const NetworkOptions& options) {
  std::vector<double> out;
  if (!guides(options)) return out;
  if (std::isfinite(options.guidance->sigma_high)) out.push_back(options.guidance->sigma_high);
  if (options.guidance->sigma_low > 0) out.push_back(options.guidance->sigma_low);
  return out;
}

at::Tensor guided_rows(const Guidance& guidance, const at::Tensor& sigma) {
  return sigma.gt(guidance.sigma_low).logical_and(sigma.le(guidance.sigma_high));
}

at::Tensor guided(const Guidance& guidance, const at::Tensor& with, const at::Tensor& without, const at::Tensor& sigma,
                  const at::Tensor& acts, const std::function<at::Tensor(const at::Tensor& F)>& denoised) {
  at::Tensor D;
  if (guidance.own) {
    const at::Tensor conditional = denoised(with);
    D = checked(guidance.own(conditional, denoised(without), sigma.to(conditional.options())), conditional);
  } else {
    // D is affine in F, so that the guidance of D is that of F.
    D = denoised(without + guidance.scale * (with - without));
    if (guidance.rescale > 0) D = rescaled(D, denoised(with), guidance.rescale);
  }
  return has_interval(guidance) ? at::where(column(acts.to(D.device()), D), D, denoised(with)) : D;
}

}  // namespace shockstep
