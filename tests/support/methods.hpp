/// The methods of the project, for tests that hold for all of a kind.
#pragma once

#include "stepper/method_spec.hpp"

#include <vector>

namespace shockstep::test {

/// Those that a config can name and for which `which` holds.
template <class F>
std::vector<Method> methods_that(F&& which) {
  std::vector<Method> found;
  for (const MethodSpec& spec : method_specs())
    if (which(spec)) found.push_back(method_named(spec.name).value());
  return found;
}

inline bool of_ode(const MethodSpec& spec) { return spec.ode; }
inline bool of_sde(const MethodSpec& spec) { return spec.sde; }
inline bool of_runge_kutta(const MethodSpec& spec) { return spec.tableau() != nullptr; }

}  // namespace shockstep::test
