/// An adaptive method of one's own: anything that makes a step from x and says by how much it may be wrong, such as an error
/// stepper of Boost.Odeint.
#pragma once

#include <boost/numeric/odeint/stepper/stepper_categories.hpp>

#include <functional>
#include <memory>
#include <type_traits>
#include <vector>

namespace shockstep {

/// Makes steps for one trajectory. Called again and again for the same step while its evaluations arrive one by one in
/// batches with those of other trajectories: what a step asks for must be a function of its arguments and the slopes so far.
class ErrorStepper {
 public:
  using State = std::vector<double>;  ///< x, and slopes: dimension() numbers
  /// dx/dlam = D(x, e^-lam) - x
  using RightHandSide = std::function<void(const State& x, State& slope, double lam)>;

  virtual ~ErrorStepper() = default;

  /// A step of length h from x at lam, where `slope` is known: x at lam + h goes to `end`, what it may be wrong by to `error`;
  /// both have the size of x. Asks for slopes within [lam, lam + h] only.
  virtual void step(const RightHandSide& slope_at, const State& x, const State& slope, double lam, double h, State& end,
                    State& error) = 0;
};

/// What SamplerOptions::own_adaptive needs.
struct AdaptiveMethod {
  /// One for each trajectory that is under way; called from several threads at once.
  std::function<std::unique_ptr<ErrorStepper>()> make{};
  /// Slopes that step() asks for.
  int slopes = 0;
  bool slope_at_end = false;  ///< the last of them is that at `end`; else it is one evaluation more
  int error_order = 0;        ///< `error` falls as h^(error_order + 1)
};

/// An error stepper of Boost.Odeint's concepts for std::vector<double>, explicit_error_stepper(_fsal)_tag, as a method.
/// slopes: evaluations of the right-hand side in its do_step, the one at the beginning not counted.
template <class Odeint>
AdaptiveMethod odeint_method(int slopes) {
  namespace odeint = boost::numeric::odeint;
  constexpr bool fsal = std::is_same_v<typename Odeint::stepper_category, odeint::explicit_error_stepper_fsal_tag>;
  class Stepper final : public ErrorStepper {
   public:
    void step(const RightHandSide& slope_at, const State& x, const State& slope, double lam, double h, State& end,
              State& error) override {
      end_slope_.resize(x.size());
      if constexpr (fsal)
        odeint_.do_step(std::cref(slope_at), x, slope, lam, end, end_slope_, h, error);
      else
        odeint_.do_step(std::cref(slope_at), x, slope, lam, end, h, error);
    }

   private:
    Odeint odeint_;
    State end_slope_;
  };
  return {.make = [] { return std::make_unique<Stepper>(); },
          .slopes = slopes,
          .slope_at_end = fsal,
          .error_order = static_cast<int>(Odeint().error_order())};
}

}  // namespace shockstep
