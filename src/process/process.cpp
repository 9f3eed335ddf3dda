#include <shockstep/error.hpp>
#include <shockstep/process.hpp>
#include <shockstep/process_kind.hpp>

#include "core/magnitude.hpp"
#include "core/row_of.hpp"
#include "core/text.hpp"

#include <cmath>
#include <utility>

namespace shockstep {
namespace {

using Function = std::function<double(double)>;

constexpr int tries = 64;          // of a function in the range, evenly in ln sigma
constexpr double rounding = 1e-9;  // of the whole change that a time may turn back by

std::vector<double> tried(const Process& process, const Function& function) {
  std::vector<double> out;
  for (int i = 0; i <= tries; ++i)
    out.push_back(function(
        i == 0       ? process.sigma_max()
        : i == tries ? process.sigma_min()
                     : std::exp(-std::lerp(process.lam_begin(), process.lam_end(), static_cast<double>(i) / tries))));
  return out;
}

void check_monotone(const char* key, const std::vector<double>& times) {
  for (const double t : times)
    if (!std::isfinite(t)) throw ConfigError(key, "must be finite in the range, got " + shortest(t));
  const double change = times.back() - times.front();
  if (change == 0)
    throw ConfigError(key, "must rise or fall with sigma, got " + shortest(times.front()) + " at both ends");
  for (std::size_t i = 1; i < times.size(); ++i)
    if ((times[i] - times[i - 1]) / change < -rounding)
      throw ConfigError(key, "must rise or fall with sigma throughout, and turns between " + shortest(times[i - 1]) +
                                 " and " + shortest(times[i]));
}

}  // namespace

Process::Process(ProcessFunctions functions) : of_(std::move(functions)) {
  check_length("process.sigma_min", sigma_min());
  check_length("process.sigma_max", sigma_max());
  if (!(sigma_max() > sigma_min()))
    throw ConfigError("process.sigma_max",
                      "must be larger than sigma_min = " + shortest(sigma_min()) + ", got " + shortest(sigma_max()));
  if (!of_.time) throw ConfigError("process.time", "missing; must be a function of sigma");
  if (!of_.alpha)
    throw ConfigError("process.alpha", "missing; must be a function of sigma, 1 where data are not scaled");
  if (of_.steps < 0) throw ConfigError("process.steps", "must not be negative, got " + std::to_string(of_.steps));
  check_monotone("process.time", tried(*this, of_.time));
  if (of_.clock) check_monotone("process.clock", tried(*this, of_.clock));
  for (const double alpha : tried(*this, of_.alpha))
    if (!(alpha > 0) || !std::isfinite(alpha))
      throw ConfigError("process.alpha", "must be positive in the range, got " + shortest(alpha));
}

double Process::lam_begin() const { return -std::log(sigma_max()); }
double Process::lam_end() const { return -std::log(sigma_min()); }

Process make_process(Section section) {
  const auto& kind = row_of(process_kinds(), section);
  auto process = kind.make(section);
  section.finish();
  return process;
}

}  // namespace shockstep
