#include <shockstep/error.hpp>
#include <shockstep/schedule.hpp>

#include "core/text.hpp"

#include <algorithm>

namespace shockstep {
namespace {

constexpr double float32_rounding = 1e-6;  // relative

/// Sigmas given by hand: ends off by rounding are put on the range, sigmas that do not fit are refused.
std::vector<double> checked(const FixedSteps& steps, const Process& process) {
  std::vector<double> sigmas = steps.sigmas;
  const auto fail = [&](const std::string& sentence) { throw ConfigError(steps.origin, sentence); };
  if (sigmas.back() == 0) sigmas.pop_back();
  if (sigmas.size() < 2) fail("must be at least 2 sigmas");
  const double low = process.sigma_min(), high = process.sigma_max();
  for (std::size_t i = 0; i < sigmas.size(); ++i) {
    double& sigma = sigmas[i];
    if (!(sigma >= low * (1 - float32_rounding) && sigma <= high * (1 + float32_rounding)))
      fail("must lie between process.sigma_min = " + shortest(low) + " and sigma_max = " + shortest(high) + ", got " +
           shortest(sigma));
    sigma = std::clamp(sigma, low, high);
    if (i > 0 && !(sigma < sigmas[i - 1]))
      fail("must descend, got " + shortest(sigma) + " after " + shortest(sigmas[i - 1]));
  }
  return sigmas;
}

}  // namespace

std::vector<double> grid_sigmas(const FixedSteps& steps, const Process& process, int nodes) {
  const ScheduleSpec& spec = steps.schedule.spec();
  if (!steps.sigmas.empty()) {
    FixedSteps given = steps;
    given.sigmas = checked(steps, process);
    return spec.needs == ScheduleNeeds::table ? spec.nodes(given, process, nodes) : given.sigmas;
  }
  const auto sigmas = spec.nodes(steps, process, nodes);
  // Far too many nodes, or a rho that leaves the range of a double.
  if (std::ranges::adjacent_find(sigmas, [](double a, double b) { return !(b < a); }) != sigmas.end())
    throw ConfigError("sampler.steps",
                      "the nodes of this schedule are not distinct numbers; take fewer, or another rho");
  return sigmas;
}

}  // namespace shockstep
