#include "stepper/method_spec.hpp"

#include <shockstep/error.hpp>

namespace shockstep {
namespace {

GridStep own_step(std::span<const double> sigmas, double end, const SamplerOptions& options) {
  const LinearStep step = options.own.step(sigmas, end);
  if (step.values < 1 || static_cast<std::size_t>(step.values) > sigmas.size())
    throw ConfigError("sampler.own.step", "must return 1 to " + std::to_string(sigmas.size()) +
                                              " values, as many as it was given sigmas; got " +
                                              std::to_string(step.values));
  return {step};
}

}  // namespace

MethodSpec own_method() { return {.name = "own", .steps = Linear{.step = own_step}}; }

}  // namespace shockstep
