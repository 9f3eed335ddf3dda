#include <shockstep/error.hpp>
#include <shockstep/models/multiplicative.hpp>
#include <shockstep/registry.hpp>

#include "core/magnitude.hpp"
#include "core/text.hpp"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/full_like.h>

#include <cmath>
#include <utility>

namespace shockstep {
namespace {

constexpr double largest_power = 100;  // of sigma, whose powers must be numbers; those of diffusions are 1 and 2

}  // namespace

Multiplicative::Multiplicative(ModelPtr field, const MultiplicativeOptions& options)
    : field_(std::move(field)), options_(options) {
  if (!field_) throw ConfigError("field", "missing; a model whose score at one sigma is f");
  check_length("field.sigma", options.sigma);
  if (!(std::abs(options.power) <= largest_power))
    throw ConfigError("power", "must be from -" + shortest(largest_power) + " to " + shortest(largest_power) +
                                   ", got " + shortest(options.power));
}

at::Tensor Multiplicative::scaled(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& D0) const {
  // One row at a time: the bits of a vectorised power may depend on where a row stands.
  auto D = at::empty_like(x);
  const double *from = x.const_data_ptr<double>(), *to = D0.const_data_ptr<double>();
  for (std::int64_t i = 0, d = dimension(); i < x.size(0); ++i) {
    const double factor = std::pow(sigma.const_data_ptr<double>()[i] / options_.sigma, 2 - options_.power);
    for (std::int64_t j = i * d; j < (i + 1) * d; ++j)
      D.mutable_data_ptr<double>()[j] = from[j] + factor * (to[j] - from[j]);
  }
  return D;
}

at::Tensor Multiplicative::denoise(const at::Tensor& x, const at::Tensor& sigma) const {
  return scaled(x, sigma, field_->denoise(x, at::full_like(sigma, options_.sigma)));
}

at::Tensor Multiplicative::denoise_rows(const at::Tensor& x, const at::Tensor& sigma,
                                        const at::Tensor& trajectory) const {
  return scaled(x, sigma, field_->denoise_rows(x, at::full_like(sigma, options_.sigma), trajectory));
}

std::string Multiplicative::describe() const {
  return "multiplicative: f(x)/sigma^" + shortest(options_.power) + ", f at sigma " + shortest(options_.sigma) +
         " from " + field_->describe();
}

namespace {

ModelPtr multiplicative_from(Section& section, const ModelContext& context) {
  if (!section.is_map("field")) section.fail("field", "must be a model with its own sigma, {kind: ..., sigma: ...}");
  Section field = section.section("field");
  const MultiplicativeOptions options{.sigma = field.positive("sigma"), .power = section.number("power", 1)};
  auto model = make_model(field, context);
  // A network knows only the noise of its process.
  const double low = context.process.sigma_min(), high = context.process.sigma_max();
  if (!model->exact() && (options.sigma < low || options.sigma > high))
    field.fail("sigma", "must be within the process's range, " + shortest(low) + " to " + shortest(high) + ", got " +
                            shortest(options.sigma));
  return std::make_shared<Multiplicative>(std::move(model), options);
}

}  // namespace

namespace models {
extern const ModelKind multiplicative{"multiplicative", "score f(x)/sigma^power, f from another model at one sigma",
                                      "{kind: multiplicative, field: {kind: double_well, sigma: 0.5}, power: 1}",
                                      multiplicative_from};
}

}  // namespace shockstep
