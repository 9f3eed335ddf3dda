#include <shockstep/error.hpp>
#include <shockstep/process.hpp>

#include <cmath>

namespace shockstep {

Process::Process(const VarianceExploding& ve)
    : kind_("ve"),
      sigma_min_(ve.sigma_min),
      sigma_max_(ve.sigma_max),
      time_([](double sigma) { return sigma; }),
      alpha_([](double) { return 1.; }) {
  if (!(sigma_min_ > 0) || !std::isfinite(sigma_min_)) throw ConfigError("process.sigma_min", "must be positive");
  if (!(sigma_max_ > sigma_min_) || !std::isfinite(sigma_max_))
    throw ConfigError("process.sigma_max", "must be larger than process.sigma_min");
}

double Process::lam_begin() const { return -std::log(sigma_max_); }
double Process::lam_end() const { return -std::log(sigma_min_); }

}  // namespace shockstep
