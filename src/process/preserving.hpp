/// Variance preserving processes, alpha^2 + s^2 = 1, in continuous time and as tables.
#pragma once

#include <shockstep/config.hpp>
#include <shockstep/process.hpp>

#include <cmath>
#include <functional>

namespace shockstep {

inline constexpr double earliest_time = 1e-3;  // where sampling ends, as in Song et al. 2021, appendix C

/// alpha at sigma = s/alpha.
inline double preserving_alpha(double sigma) { return 1 / std::sqrt(1 + sigma * sigma); }

/// alphas_cumprod_j = prod_{i <= j} (1 - beta(i)). Throws ConfigError unless `steps` is 2 or more, and not too many.
std::vector<double> alphas_cumprod(int steps, const std::function<double(int)>& beta);

/// The key `steps` of a section.
int table_steps(Section& section);

}  // namespace shockstep
