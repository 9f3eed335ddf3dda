#include <shockstep/error.hpp>
#include <shockstep/schedule.hpp>

#include "core/text.hpp"

#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

namespace shockstep {
namespace {

constexpr ScheduleKind kinds[] = {
    {Schedule::karras, "karras", "uniform in sigma^(1/rho), rho 7 by default"},
    {Schedule::edm, "edm", "karras with rho 7"},
    {Schedule::log_sigma, "log_sigma", "uniform in ln sigma"},
    {Schedule::linear, "linear", "uniform in the time of the process; for ve in sigma"},
    {Schedule::cosine, "cosine", "uniform in atan sigma"},
    {Schedule::tapered, "tapered", "uniform in ln sigma, coarser far above the scale of the data"},
    {Schedule::fitted, "fitted", "to the model, the method and the count, before the run"},
    {Schedule::ays, "ays", "Align Your Steps: a table from a file, log-linearly interpolated"},
};

constexpr double float32_rounding = 1e-6;  // relative

/// Uniform in `warped`, whose inverse is `straight`.
std::vector<double> uniform_in(const Process& process, int nodes, const std::function<double(double)>& warped,
                               const std::function<double(double)>& straight) {
  const double begin = warped(process.sigma_max()), end = warped(process.sigma_min());
  std::vector<double> sigmas{process.sigma_max()};
  for (int i = 1; i < nodes - 1; ++i) sigmas.push_back(straight(begin + (end - begin) * i / (nodes - 1)));
  sigmas.push_back(process.sigma_min());
  return sigmas;
}

std::vector<double> karras(const Process& process, int nodes, double rho) {
  return uniform_in(
      process, nodes, [rho](double sigma) { return std::pow(sigma, 1 / rho); },
      [rho](double root) { return std::pow(root, rho); });
}

/// Where a function of sigma that grows or falls has a value.
template <class Function>
double sigma_where(const Process& process, Function function, double value) {
  namespace tools = boost::math::tools;
  const auto off = [&](double lam) { return function(std::exp(-lam)) - value; };
  std::uintmax_t most = 200;
  const auto [low, high] =
      tools::toms748_solve(off, process.lam_begin(), process.lam_end(), tools::eps_tolerance<double>(52), most);
  return std::exp(-.5 * (low + high));
}

std::vector<double> linear(const Process& process, int nodes) {
  const auto time = [&](double sigma) { return process.clock(sigma); };  // a process knows no inverse
  return uniform_in(process, nodes, time, [&](double t) { return sigma_where(process, time, t); });
}

/// The density of nodes in lam falls from 1 to a tenth: 1 - .9 sigma^2/(s^2 + sigma^2) = dw/dlam with
///   w = lam + .45 ln(s^2 + sigma^2),  s the scale of the data.
std::vector<double> tapered(const Process& process, int nodes, double scale) {
  const double s2 = scale * scale;
  const auto warped = [s2](double sigma) { return -std::log(sigma) + .45 * std::log(s2 + sigma * sigma); };
  return uniform_in(process, nodes, warped, [&](double w) { return sigma_where(process, warped, w); });
}

/// At `nodes` equidistant places of the table.
std::vector<double> interpolate(const std::vector<double>& table, int nodes) {
  std::vector<double> sigmas;
  for (int i = 0; i < nodes; ++i) {
    const double at = static_cast<double>(table.size() - 1) * i / (nodes - 1);
    const auto j = std::min(static_cast<std::size_t>(at), table.size() - 2);
    const double f = at - static_cast<double>(j);
    sigmas.push_back(table[j] * std::pow(table[j + 1] / table[j], f));  // an entry itself at f = 0
  }
  sigmas.front() = table.front(), sigmas.back() = table.back();
  return sigmas;
}

/// What was given by hand, made fit or refused.
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

std::vector<double> generated(const FixedSteps& steps, const Process& process, int nodes) {
  switch (steps.schedule) {
    case Schedule::karras: return karras(process, nodes, steps.rho);
    case Schedule::edm: return karras(process, nodes, 7);
    case Schedule::log_sigma:
      return uniform_in(
          process, nodes, [](double sigma) { return std::log(sigma); }, [](double log) { return std::exp(log); });
    case Schedule::linear: return linear(process, nodes);
    case Schedule::cosine:
      return uniform_in(
          process, nodes, [](double sigma) { return std::atan(sigma); }, [](double angle) { return std::tan(angle); });
    case Schedule::tapered: return tapered(process, nodes, steps.scale);
    case Schedule::fitted: throw ConfigError("sampler.steps.schedule", "fitted needs a model; see calibrate_schedule");
    case Schedule::ays: break;
  }
  throw ConfigError("sampler.steps.file", "missing; ays needs a table: a YAML file with sigmas: [...]");
}

}  // namespace

std::span<const ScheduleKind> schedule_kinds() { return kinds; }

std::string_view name(Schedule schedule) { return std::ranges::find(kinds, schedule, &ScheduleKind::schedule)->name; }

std::vector<double> grid_sigmas(const FixedSteps& steps, const Process& process, int nodes) {
  if (!steps.sigmas.empty()) {
    const auto given = checked(steps, process);
    return steps.schedule == Schedule::ays ? interpolate(given, nodes) : given;
  }
  const auto sigmas = generated(steps, process, nodes);
  // Far too many nodes, or a rho that leaves the range of a double.
  if (std::ranges::adjacent_find(sigmas, [](double a, double b) { return !(b < a); }) != sigmas.end())
    throw ConfigError("sampler.steps",
                      "the nodes of this schedule are not distinct numbers; take fewer, or another rho");
  return sigmas;
}

}  // namespace shockstep
