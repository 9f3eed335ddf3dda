/// The deterministic dynamics of a score f(x)/sigma^p: dx/dlam = D - x = sigma^(2-p) f is dx/dT = f in a clock T of its own.
#pragma once

#include "inspect/evaluator.hpp"

#include <shockstep/abilities.hpp>

namespace shockstep {

class Field {
 public:
  Field(Evaluator& model, const Process& process, const ProductForm& options);

  /// f(x), [n, d], and df/dx, [n, d, d], by central differences, 2 d evaluations a point. trajectory: [n], whose
  /// conditions to use.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& trajectory);
  at::Tensor jacobian(const at::Tensor& x, const at::Tensor& trajectory);

  /// x after the time T, by Fehlberg's method of order 8 with one step length for all rows. If allowed, it ends early
  /// once no row moves any more.
  at::Tensor flow(const at::Tensor& x, const at::Tensor& trajectory, double T, bool may_stop);

  /// From sigma_max to sigma_min: int sigma^(1-p) dsigma.
  double duration() const { return duration_; }
  /// The length over which f may bend: the noise that the field is smoothed with.
  double length() const { return options_.sigma; }
  /// Error of positions that rounding and the flow's tolerance leave, relative to their scale.
  double resolution() const { return model_.exact() ? 1e-9 : 1e-3; }

 private:
  Evaluator& model_;
  ProductForm options_;
  double sigma_;   // that D is asked at: the field's own where the process has it
  double factor_;  // f = factor (D - x)
  double duration_;
};

}  // namespace shockstep
