// An adaptive method of one's own in the engine, with its batches, its guard and its events: an error stepper of Boost.Odeint.
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/shockstep.hpp>

#include "two_modes.hpp"

#include <boost/numeric/odeint/stepper/runge_kutta_cash_karp54.hpp>

#include <cstdio>
#include <vector>

int main() {
  using CashKarp = boost::numeric::odeint::runge_kutta_cash_karp54<std::vector<double>>;
  const auto model = shockstep::make_model(denoise, {.shape = {1}, .data_std = 1.005});
  const shockstep::VarianceExploding process{.sigma_min = .002, .sigma_max = 20};
  // Its do_step asks for five slopes, and for none at its end.
  const shockstep::Sampler sampler(model, process,
                                   {.method = shockstep::Method::own,
                                    .tolerance = 1e-3,
                                    .guard = {.profile = "pilot"},
                                    .own_adaptive = shockstep::odeint_method<CashKarp>(5)});
  const shockstep::Result result = sampler.sample({.count = 500, .seed = 7});
  std::printf("%lld trajectories, %.1f evaluations and %lld decisions\n", 500LL,
              result.statistics.mean(result.statistics.evaluations),
              static_cast<long long>(result.statistics.events / 3));
  return result.statistics.with(shockstep::Status::ok) == 500 && result.statistics.events > 0 ? 0 : 1;
}
