#include "engine/start.hpp"
#include "core/row_shape.hpp"

#include <shockstep/error.hpp>
#include <shockstep/random.hpp>

#include "core/magnitude.hpp"
#include "core/shape_text.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace shockstep {
namespace {

constexpr double usual_strength = .75, least_strength = 1e-9;
constexpr double straight = 1e-6;  // angle from 0 or pi below which the great circle is lost in rounding

void check_finite(const char* key, const at::Tensor& rows) {
  const double* values = rows.const_data_ptr<double>();
  const auto bad =
      std::find_if_not(values, values + rows.numel(), [](double v) { return std::abs(v) <= largest_magnitude; });
  if (bad != values + rows.numel())
    throw ConfigError(key, "row " + std::to_string((bad - values) / (rows.numel() / rows.size(0))) +
                               (std::isfinite(*bad) ? " is above 1e100 in size" : " is not finite"));
}

/// Latents `first` to first + count - 1.
Latents given_latents(const at::Tensor& given, std::int64_t first, std::int64_t count,
                      const std::vector<std::int64_t>& shape) {
  const at::Tensor noise = given.contiguous();
  const auto wanted = row_shape(count, shape);
  if (noise.scalar_type() != at::kDouble || noise.sizes() != at::IntArrayRef(wanted))
    throw ConfigError("noise", "must be float64 of shape [count, *shape] = " + shape_text(wanted) + ", has " +
                                   shape_text(noise.sizes()));
  const std::int64_t d = noise.numel() / count;
  check_finite("noise", noise);
  return [noise, first, d](std::int64_t i, std::span<double> out) {
    std::copy_n(noise.const_data_ptr<double>() + (i - first) * d, d, out.begin());
  };
}

double norm(std::span<const double> v) {
  double square = 0;
  for (const double x : v) square += x * x;
  return std::sqrt(square);
}

/// Between two vectors, by Kahan's formula, which is exact to rounding for small angles too; 0 if one vanishes.
double angle(std::span<const double> a, std::span<const double> b) {
  const double na = norm(a), nb = norm(b);
  if (!(na > 0 && nb > 0)) return 0;
  double difference2 = 0, sum2 = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double u = a[i] / na, v = b[i] / nb;
    difference2 += (u - v) * (u - v), sum2 += (u + v) * (u + v);
  }
  return 2 * std::atan2(std::sqrt(difference2), std::sqrt(sum2));
}

/// b becomes (sin((1 - t) theta) a + sin(t theta) b)/sin theta (Shoemake 1985, "slerp"), theta the angle between them. Where
/// they lie on one line, as always in one dimension, the straight way.
void slerp(std::span<const double> a, std::span<double> b, double t) {
  const double theta = angle(a, b), sine = std::sin(theta);
  const bool line = sine < straight;
  const double wa = line ? 1 - t : std::sin((1 - t) * theta) / sine, wb = line ? t : std::sin(t * theta) / sine;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = wa * a[i] + wb * b[i];
}

/// Row p points + j is point j of `points` from latent p to latent p + 1; the ends are these latents bit for bit.
Latents between(Latents ends, std::int64_t points) {
  return [ends = std::move(ends), points](std::int64_t i, std::span<double> out) {
    const std::int64_t pair = i / points, point = i % points;
    if (point == 0) return ends(pair, out);
    ends(pair + 1, out);
    if (point == points - 1) return;
    std::vector<double> from(out.size());
    ends(pair, from);
    slerp(from, out, static_cast<double>(point) / static_cast<double>(points - 1));
  };
}

}  // namespace

Latents starting_latents(const SampleRequest& request, const std::vector<std::int64_t>& shape) {
  const std::int64_t points = request.interpolate;
  if (points < 0 || points == 1)
    throw ConfigError("interpolate",
                      "must be 2 (both ends) or more points, or 0 for none, got " + std::to_string(points));
  std::int64_t first = request.first, count = request.count;
  if (points > 0) {
    count = (first + count - 1) / points + 2 - first / points;
    first /= points;
  }
  Latents latents;
  if (request.noise.defined())
    latents = given_latents(request.noise, first, count, shape);
  else
    latents = [seed = request.seed](std::int64_t i, std::span<double> out) {
      fill_normal(out, seed, Stream::start, static_cast<std::uint64_t>(i));
    };
  return points > 0 ? between(std::move(latents), points) : latents;
}

InitRows::InitRows(const SampleRequest& request, const std::vector<std::int64_t>& shape)
    : data_(request.init.contiguous()), first_(request.first), d_(1) {
  for (const auto n : shape) d_ *= n;
  const bool fits = data_.dim() == static_cast<std::int64_t>(shape.size()) + 1 && data_.sizes().slice(1) == shape &&
                    (data_.size(0) == 1 || data_.size(0) == request.count);
  if (data_.scalar_type() != at::kDouble || !data_.device().is_cpu() || !fits)
    throw ConfigError("init", "must be float64 of shape [count, *shape] or [1, *shape], " +
                                  std::to_string(request.count) + " rows or one of shape " + shape_text(shape));
  check_finite("init", data_);
}

Latents on_data(Latents latents, InitRows init, double sigma) {
  return [latents = std::move(latents), init = std::move(init), sigma](std::int64_t i, std::span<double> out) {
    latents(i, out);
    const double* data = init.row(i);
    for (std::size_t j = 0; j < out.size(); ++j) out[j] += data[j] / sigma;
  };
}

double starting_sigma(const Process& process, double strength) {
  if (strength == 1) return process.sigma_max();
  const double begin = process.lam_begin(), end = process.lam_end();
  return std::clamp(std::exp(-(begin + (1 - strength) * (end - begin))), process.sigma_min(), process.sigma_max());
}

double checked_strength(const SampleRequest& request) {
  if (!request.init.defined()) {
    if (request.mask.defined()) throw ConfigError("mask", "needs init, whose known part it keeps");
    if (request.strength) throw ConfigError("strength", "needs init, the data that it noises");
    return 1;
  }
  const double strength = request.strength.value_or(request.mask.defined() ? 1 : usual_strength);
  if (!(strength > 0 && strength <= 1))
    throw ConfigError("strength", "must be above 0 and at most 1, got " + shortest(strength));
  if (strength < least_strength)
    throw ConfigError("strength", "must be at least " + shortest(least_strength) + ", got " + shortest(strength) +
                                      "; less leaves init as it is");
  return strength;
}

}  // namespace shockstep
