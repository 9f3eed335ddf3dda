#include "process/spacing.hpp"

#include <boost/math/tools/roots.hpp>

#include <cmath>
#include <cstdint>

namespace shockstep {

std::vector<double> uniform_in(const Process& process, int nodes, const std::function<double(double)>& warped,
                               const std::function<double(double)>& straight) {
  const double begin = warped(process.sigma_max()), end = warped(process.sigma_min());
  std::vector<double> sigmas{process.sigma_max()};
  for (int i = 1; i < nodes - 1; ++i) sigmas.push_back(straight(begin + (end - begin) * i / (nodes - 1)));
  sigmas.push_back(process.sigma_min());
  return sigmas;
}

std::vector<double> uniform_in(const Process& process, int nodes, const std::function<double(double)>& warped) {
  return uniform_in(process, nodes, warped, [&](double w) { return sigma_where(process, warped, w); });
}

double sigma_where(const Process& process, const std::function<double(double)>& function, double value) {
  namespace tools = boost::math::tools;
  const auto off = [&](double lam) { return function(std::exp(-lam)) - value; };
  std::uintmax_t most = 200;
  const auto [low, high] =
      tools::toms748_solve(off, process.lam_begin(), process.lam_end(), tools::eps_tolerance<double>(52), most);
  return std::exp(-.5 * (low + high));
}

}  // namespace shockstep
