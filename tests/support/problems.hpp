/// Small exact problems for the tests.
#pragma once

#include "support/test.hpp"

#include <shockstep/random.hpp>
#include <shockstep/shockstep.hpp>

#include <ATen/ATen.h>

#include <cmath>
#include <cstdint>
#include <memory>

namespace shockstep::test {

inline ModelPtr mixture_model(const at::Tensor& means, double std) {
  return std::make_shared<GaussianMixture>(
      GaussianMixtureOptions{.means = means, .stds = at::scalar_tensor(std, at::kDouble)});
}

inline ModelPtr two_modes() { return mixture_model(at::tensor({-1., 1.}, at::kDouble).view({2, 1}), .1); }

inline ModelPtr ring() {
  const auto angle = at::arange(8, at::kDouble) * (2 * M_PI / 8);
  return mixture_model(at::stack({angle.cos(), angle.sin()}, 1).contiguous(), .1);
}

/// 100 modes in 64 dimensions, from a fixed multiplicative sequence rather than a random generator.
inline ModelPtr hundred_modes() {
  const auto n = at::arange(6400, at::kDouble);
  return mixture_model((((n * .6180339887498949) % 1.) * 2 - 1).view({100, 64}).contiguous(), .1);
}

inline VarianceExploding range(double sigma_min = .01) { return {.sigma_min = sigma_min, .sigma_max = 80}; }

/// The controller alone, on a network too.
inline SamplerOptions unguarded(double tolerance, Final final = Final::keep) {
  SamplerOptions o;
  o.tolerance = tolerance;
  o.guard.enabled = false, o.guard.profile = "default";
  o.final = final;
  return o;
}

inline bool same_reports(const TrajectoryReport& a, const TrajectoryReport& b) {
  const auto same = [](double u, double v) { return u == v || (std::isnan(u) && std::isnan(v)); };
  if (!same(a.error_estimate, b.error_estimate) || !same(a.drift, b.drift) || a.trajectory != b.trajectory ||
      a.status != b.status || a.evaluations != b.evaluations || a.probes != b.probes || a.accepted != b.accepted ||
      a.rejected != b.rejected || a.passes != b.passes || a.exponent != b.exponent || a.score != b.score ||
      a.noise_limited != b.noise_limited || a.noise != b.noise || a.noise_excess != b.noise_excess ||
      a.blown_up != b.blown_up || !same(a.asymmetry2, b.asymmetry2) || a.events.size() != b.events.size())
    return false;
  for (std::size_t i = 0; i < a.events.size(); ++i) {
    const Event &e = a.events[i], &f = b.events[i];
    if (e.kind != f.kind || e.sigma != f.sigma || e.sigma_low != f.sigma_low || e.sigma_high != f.sigma_high ||
        e.rate != f.rate || e.exponent != f.exponent || e.step != f.step || e.direction != f.direction)
      return false;
  }
  return true;
}

}  // namespace shockstep::test
