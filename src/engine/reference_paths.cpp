#include "engine/reference_paths.hpp"

#include "core/statistics.hpp"
#include "stepper/blended_weights.hpp"
#include "stepper/solver_weights.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace shockstep {
namespace {

constexpr std::ptrdiff_t path_order =
    4;                             // values that are interpolated; a step lies between this order and the one below
constexpr double error_order = 3;  // at least, of the sum of the errors of steps

}  // namespace

ReferencePaths::ReferencePaths(PilotField& field, const std::vector<double>& sigmas) : field_(field) {
  y_.push_back(field.start(sigmas.front()));
  F_.push_back(field(y_.back(), sigmas.front()));
  for (const double sigma : sigmas) lams_.push_back(-std::log(sigma));
  for (std::size_t n = 1; n < sigmas.size(); ++n) {
    F_.push_back(field(stepped(n, n, path_order - 1, predicted_share), sigmas[n]));
    y_.push_back(stepped(n, n + 1, path_order, corrected_share));
  }
}

PilotRows ReferencePaths::stepped(std::size_t n, std::size_t known, std::size_t values, double share) const {
  PilotRows y = y_[n - 1];
  const auto add_step = [&](std::size_t most, double part) {
    const std::size_t used = std::min(most, known), first = known - used;
    const auto weights =
        integrated_weights(std::span(lams_).subspan(first, used), lams_[n - 1], lams_[n], field_.data_std());
    for (std::size_t i = 0; i < used; ++i) add(y, part * weights[i], F_[first + i]);
  };
  add_step(values, 1 - share);
  add_step(values + 1, share);
  return y;
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

PilotRows ReferencePaths::end(Final final) const { return ended(y_.back(), final); }

// The coarser path keeps the points where the model was asked, so that the difference is that of its integral: 2^p - 1 times the finer
// one's error, p the order of a step's error summed.
double ReferencePaths::error(Final final) const {
  const std::size_t last = lams_.size() - 1;
  std::vector<double> lams;
  std::vector<std::size_t> nodes;
  for (std::size_t n = last % 2; n <= last; n += 2) nodes.push_back(n), lams.push_back(lams_[n]);
  PilotRows y = y_[nodes.front()];
  for (std::size_t k = 1; k < nodes.size(); ++k) {
    const std::size_t used = std::min<std::size_t>(path_order, k + 1), first = k + 1 - used;
    const auto weights =
        integrated_weights(std::span(lams).subspan(first, used), lams[k - 1], lams[k], field_.data_std());
    for (std::size_t i = 0; i < used; ++i) add(y, weights[i], F_[nodes[first + i]]);
  }
  return rms_difference(ended(std::move(y), final), end(final)) / (std::pow(2., error_order) - 1);
}

PilotRows ReferencePaths::ended(PilotRows y, Final final) const {
  const double s = field_.data_std(), sigma = std::exp(-lams_.back());
  if (final == Final::keep) return y;
  PilotRows D = field_.denoised(F_.back(), y, sigma);
  for (double& v : D) v *= std::hypot(sigma, s) / (s * s);
  return D;
}

}  // namespace shockstep
