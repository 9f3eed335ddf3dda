/// An integrator that shares nothing with the sampler, for the sampler to be compared with.
#pragma once

#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <boost/numeric/odeint/stepper/generation.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <vector>

namespace shockstep::paper {

/// State at `end` of dy/dt = slope(y, dydt, t) from `begin`, by Fehlberg's method of order 8 under Boost.Odeint's own control.
template <class Slope>
std::vector<double> integrated(Slope slope, std::vector<double> state, double begin, double end, double tolerance) {
  namespace odeint = boost::numeric::odeint;
  using Stepper = odeint::runge_kutta_fehlberg78<std::vector<double>>;
  odeint::integrate_adaptive(odeint::make_controlled<Stepper>(tolerance, tolerance), slope, state, begin, end,
                             end > begin ? .01 : -.01);
  return state;
}

}  // namespace shockstep::paper
