/// Nodes that are uniform in a function of sigma.
#pragma once

#include <shockstep/process.hpp>

#include <functional>
#include <vector>

namespace shockstep {

/// From sigma_max to sigma_min exactly, uniform in `warped`, whose inverse is `straight`.
std::vector<double> uniform_in(const Process& process, int nodes, const std::function<double(double sigma)>& warped,
                               const std::function<double(double)>& straight);

/// The same, the inverse found.
std::vector<double> uniform_in(const Process& process, int nodes, const std::function<double(double sigma)>& warped);

/// Where a function of sigma that rises or falls in the range of the process has a value.
double sigma_where(const Process& process, const std::function<double(double sigma)>& function, double value);

}  // namespace shockstep
