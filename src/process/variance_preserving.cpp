#include <shockstep/error.hpp>
#include <shockstep/process.hpp>

#include "core/text.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace shockstep {
namespace {

constexpr double earliest = 1e-3;  // native time where sampling ends, as in Song et al. 2021, appendix C
constexpr double latest_cosine = .9946;

double preserving_alpha(double sigma) { return 1 / std::sqrt(1 + sigma * sigma); }

/// beta(t) = beta_min + t (beta_max - beta_min), and its integral u = -2 ln alpha.
struct LinearBeta {
  double least, most;

  LinearBeta(double beta_min, double beta_max) : least(beta_min), most(beta_max) {
    if (!(least >= 0)) throw ConfigError("process.beta_min", "must not be negative, got " + shortest(least));
    if (!(most > 0) || !(most >= least) || !std::isfinite(most))
      throw ConfigError("process.beta_max",
                        "must be positive and at least beta_min = " + shortest(least) + ", got " + shortest(most));
  }
  double integral(double t) const { return t * (least + t * (most - least) / 2); }
  double time(double u) const {
    return u == 0 ? 0 : 2 * u / (least + std::sqrt(least * least + 2 * (most - least) * u));
  }
};

}  // namespace

Process::Process(const VpLinear& vp) : kind_("vp_linear"), alpha_(preserving_alpha) {
  const LinearBeta beta(vp.beta_min, vp.beta_max);
  time_ = [beta](double sigma) { return beta.time(std::log1p(sigma * sigma)); };
  const auto sigma_at = [&](double t) { return std::sqrt(std::expm1(beta.integral(t))); };
  set_range({vp.sigma_min, vp.sigma_max}, {sigma_at(earliest), sigma_at(1)}, {0, sigma_at(1)});
}

Process::Process(const SubVp& vp) : kind_("sub_vp") {
  const LinearBeta beta(vp.beta_min, vp.beta_max);
  // sigma = (1 - alpha^2)/alpha = 2 sinh(u/2) with alpha = e^(-u/2)
  time_ = [beta](double sigma) { return beta.time(2 * std::asinh(sigma / 2)); };
  alpha_ = [](double sigma) { return std::exp(-std::asinh(sigma / 2)); };
  const auto sigma_at = [&](double t) { return 2 * std::sinh(beta.integral(t) / 2); };
  set_range({vp.sigma_min, vp.sigma_max}, {sigma_at(earliest), sigma_at(1)}, {0, sigma_at(1)});
}

Process::Process(const VpCosine& vp) : kind_("vp_cosine"), alpha_(preserving_alpha) {
  const double s = vp.s;
  if (!(s >= 0 && s < 1)) throw ConfigError("process.s", "must be from 0 to below 1, got " + shortest(s));
  constexpr double right_angle = std::numbers::pi / 2;
  const double first = s / (1 + s) * right_angle, c2 = std::pow(std::cos(first), 2);
  // cos phi = cos(first) alpha; the sine as well, since near t = 0 the cosine alone has lost the angle
  time_ = [=](double sigma) {
    const double share = sigma * sigma / (1 + sigma * sigma);
    const double sine2 = std::pow(std::sin(first), 2) + c2 * share, cosine2 = c2 / (1 + sigma * sigma);
    return std::atan2(std::sqrt(sine2), std::sqrt(cosine2)) / right_angle * (1 + s) - s;
  };
  const auto sigma_at = [&](double t) {
    const double alpha2 = std::pow(std::cos((t + s) / (1 + s) * right_angle), 2) / c2;
    return std::sqrt(1 / alpha2 - 1);
  };
  set_range({vp.sigma_min, vp.sigma_max}, {sigma_at(earliest), sigma_at(latest_cosine)},
            {0, std::numeric_limits<double>::infinity()});
}

}  // namespace shockstep
