/// Which method makes the steps of dx/dlam = D(x, e^-lam) - x.
#pragma once

#include <optional>
#include <string_view>

namespace shockstep {

/// All but the first are Boost.Odeint's Runge-Kutta methods with an embedded error; their evaluations are those of an
/// accepted step, the value of D at its end included.
enum class Method {
  multistep,         ///< exponential multistep, order set by SamplerOptions::order; 1 evaluation
  dopri5,            ///< Dormand & Prince 1980, order 5(4); 6 evaluations
  cash_karp54,       ///< Cash & Karp 1990, order 5(4); 6 evaluations
  fehlberg78,        ///< Fehlberg 1968, order 8(7); 13 evaluations
  bogacki_shampine,  ///< Bogacki & Shampine 1989, order 3(2); 3 evaluations
};

std::string_view name(Method method);
/// The method of that name; none if there is no such method.
std::optional<Method> method_named(std::string_view name);

}  // namespace shockstep
