/// What the project knows of a sampling method. Each has a file in stepper/methods, which makes its MethodSpec; CMake lists them.
#pragma once

#include <shockstep/method.hpp>
#include <shockstep/sampler_options.hpp>

#include "stepper/grid_weights.hpp"
#include "stepper/tableau.hpp"

#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace shockstep {

/// One evaluation a step, which is a sum with weights that are known before the run.
struct Linear {
  /// The step that uses the nodes `sigmas`, newest first, and leads to `end`; weights, and for the SDE the noise, of these options.
  GridStep (*step)(std::span<const double> sigmas, double end, const SamplerOptions& options) = nullptr;
  bool corrects = false;        ///< D at the end of a step corrects it: a GridStep has `correct`
  bool predicts_noise = false;  ///< values are (x - D)/sigma instead of D
};
/// The project's own: stepper/multistep_history.hpp where it chooses its steps, else a grid's.
struct Multistep {
  Linear on_grid;
};
/// In sigma, two evaluations a step: trajectory/on_grid.cpp.
struct Heun {};

/// Values that the last steps of a grid use, where the order asks for more.
enum class LastOrders {
  full,         ///< as many as there are, as k-diffusion has it
  fall,         ///< as many as steps are left: diffusers' lower_order_final
  fall_if_few,  ///< the same on grids of fewer than 15 steps, as diffusers' DPM-Solver++ and DEIS
};

struct MethodSpec {
  const char* name = "";         ///< what `sampler.method` says
  const char* summary = "";      ///< one line of `shockstep info`
  const char* formula = "";      ///< paper and equation, as docs/methods.md has it
  const char* agrees = "";       ///< package and function that make the same samples; empty: none
  bool ode = true, sde = false;  ///< which dynamics it solves
  const char* flow = "";         ///< of a method of the SDE alone: the ODE's that schedules are fitted to
  Orders orders{};               ///< values that a step uses
  LastOrders last_orders = LastOrders::full;
  double longest_step =
      1;  ///< in lam, of adaptive steps: an interface is about one wide, of which an embedded error sees little
  int highest = 0;  ///< order of convergence that it does not exceed, whatever the values; 0: none
  std::variant<Multistep, Tableau, Linear, Heun> steps{};

  /// Null for methods with several evaluations a step.
  const Linear* linear() const;
  const Tableau* tableau() const { return std::get_if<Tableau>(&steps); }
  /// Model evaluations of a step.
  int evaluations() const;
  /// Order of convergence on the ODE of steps that use so many values.
  int convergence(int values) const;
};

/// All that a config can name: the multistep, Runge-Kutta methods, methods on a grid, those of the SDE; each in order of names.
std::span<const MethodSpec> method_specs();
const MethodSpec& spec_of(Method method);

/// Method::own.
MethodSpec own_method();

namespace specs {
/// What the files in stepper/methods make.
std::vector<MethodSpec> all();
}  // namespace specs

}  // namespace shockstep
