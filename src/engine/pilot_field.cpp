#include "engine/pilot_field.hpp"

#include <shockstep/error.hpp>

#include "core/statistics.hpp"
#include "core/text.hpp"
#include "engine/pilot.hpp"
#include "stepper/network_value.hpp"

#include <cmath>
#include <span>

namespace shockstep {

void add(PilotRows& sum, double weight, const PilotRows& x) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * x[i];
}

PilotField::PilotField(const ScoreModel& model, int rows, double s)
    : model_(model, rows), d_(static_cast<std::size_t>(model.dimension())), s_(s) {}

PilotRows PilotField::start(double sigma) const {
  PilotRows y(rows() * d_);
  for (std::size_t row = 0; row < rows(); ++row)
    pilot_latents(static_cast<std::int64_t>(row), std::span(y).subspan(row * d_, d_));
  for (double& v : y) v *= sigma / std::hypot(sigma, s_);
  return y;
}

PilotRows PilotField::operator()(const PilotRows& y, double sigma) {
  const auto [gain, skip] = network_value(s_ / sigma);
  const double scale = std::hypot(sigma, s_);
  for (std::size_t row = 0; row < rows(); ++row) {
    const std::span point = model_.point(row);
    for (std::size_t i = 0; i < d_; ++i) point[i] = scale * y[row * d_ + i];
    model_.sigma(row) = sigma;
    model_.trajectory(row) = static_cast<std::int64_t>(row);
  }
  model_.evaluate(rows());
  PilotRows F(y.size());
  for (std::size_t row = 0; row < rows(); ++row) {
    const double* D = model_.answer(row);
    if (!D) throw ModelError("the model failed: " + model_.cost().first_failure);
    for (std::size_t i = 0; i < d_; ++i) F[row * d_ + i] = gain * (D[i] - skip * scale * y[row * d_ + i]);
  }
  if (!all_finite(F)) throw ModelError("the model returned NaN or infinity at sigma " + shortest(sigma));
  return F;
}

PilotRows PilotField::denoised(const PilotRows& F, const PilotRows& y, double sigma) const {
  const auto [gain, skip] = network_value(s_ / sigma);
  PilotRows D(F.size());
  for (std::size_t i = 0; i < F.size(); ++i) D[i] = F[i] / gain + skip * std::hypot(sigma, s_) * y[i];
  return D;
}

}  // namespace shockstep
