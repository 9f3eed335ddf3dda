#include "engine/reference_paths.hpp"

#include "stepper/solver_weights.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace shockstep {
namespace {

constexpr std::ptrdiff_t path_order = 4;  // of the steps, and values that are interpolated

}  // namespace

ReferencePaths::ReferencePaths(PilotField& field, const std::vector<double>& sigmas) : field_(field) {
  const double s = field.data_std();
  y_.push_back(field.start(sigmas.front()));
  F_.push_back(field(y_.back(), sigmas.front()));
  for (const double sigma : sigmas) lams_.push_back(-std::log(sigma));
  for (std::size_t n = 1; n < sigmas.size(); ++n) {
    const std::size_t first = n - std::min<std::size_t>(n, path_order);
    const double from = lams_[n - 1], to = lams_[n];
    const auto step = [&](std::size_t values) {
      PilotRows y = y_[n - 1];
      const auto weights = integrated_weights(std::span(lams_).subspan(first, values), from, to, s);
      for (std::size_t i = 0; i < values; ++i) add(y, weights[i], F_[first + i]);
      return y;
    };
    const PilotRows predicted = step(n - first);
    F_.push_back(field(predicted, sigmas[n]));
    y_.push_back(step(n - first + 1));
  }
}

PilotRows ReferencePaths::at(double lam) const {
  const auto count = std::ssize(lams_);
  const auto before =
      std::clamp<std::ptrdiff_t>(std::ranges::upper_bound(lams_, lam) - lams_.begin() - 1, 0, count - 1);
  const auto first =
      std::clamp<std::ptrdiff_t>(before - path_order / 2 + 1, 0, std::max<std::ptrdiff_t>(count - path_order, 0));
  const auto values = std::min<std::ptrdiff_t>(path_order, count);
  const auto begin = static_cast<std::size_t>(before);
  const auto weights =
      integrated_weights(std::span(lams_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(values)),
                         lams_[begin], lam, field_.data_std());
  PilotRows y = y_[begin];
  for (std::size_t i = 0; i < weights.size(); ++i) add(y, weights[i], F_[static_cast<std::size_t>(first) + i]);
  return y;
}

PilotRows ReferencePaths::end(Final final) const {
  const double s = field_.data_std(), sigma = std::exp(-lams_.back());
  if (final == Final::keep) return y_.back();
  PilotRows D = field_.denoised(F_.back(), y_.back(), sigma);
  for (double& v : D) v *= std::hypot(sigma, s) / (s * s);
  return D;
}

}  // namespace shockstep
