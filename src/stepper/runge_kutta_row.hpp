/// One trajectory's step with an odeint error stepper, turned inside out: it asks for one value of D at a time.
///
/// odeint's do_step calls the right-hand side itself, but here an evaluation travels in a batch with those of other
/// trajectories. A step is a function of its stage derivatives, and the point of stage j depends on those before j alone:
/// do_step is replayed with the derivatives known so far and zeros for the rest, and what it asks for first without an
/// answer is the next evaluation. A replay costs no evaluation.
///
/// The last evaluation of every step is D at its end, the first stage of the next step. Dormand-Prince and
/// Bogacki-Shampine have it among their stages (first same as last); for the others it is appended. So D is known at
/// every node, for the score of the path, its events and its result, and a rejected step begins again without an
/// evaluation.
#pragma once

#include <shockstep/method.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace shockstep {

class RungeKuttaRow {
 public:
  /// method: one that is_runge_kutta(); d: dimension.
  RungeKuttaRow(Method method, std::size_t d);
  ~RungeKuttaRow();

  /// Model evaluations of a step.
  int evaluations() const;
  /// Order of the solution that is propagated, and of the embedded one: the error falls as h^(error_order + 1).
  int order() const;
  int error_order() const;

  /// A step of length h in lam from x at lam, where D is known.
  void begin(std::span<const double> x, std::span<const double> D, double lam, double h);
  /// Drops the step under way, if there is one.
  void reset() { under_way_ = false; }
  bool under_way() const { return under_way_; }
  /// Whether end() is that of the step under way: nothing is missing but D there.
  bool at_end() const { return answers_ + 1 == evaluations(); }

  /// Writes the next point to evaluate and returns its lam.
  double request(std::span<double> point) const;
  /// Takes D at the point just requested. True once the step is complete; D is then the one at its end.
  bool receive(std::span<const double> point, std::span<const double> D);

  /// Of a complete step: its end, and the root mean square of the embedded error.
  std::span<const double> end() const { return end_; }
  double error() const;

  /// Of a complete step: the stages strictly inside it, in order of lam, the last one where several share a lam. They lie
  /// on the trajectory to the order of the stage alone, but D is known at each.
  struct Stage {
    double lam;
    std::span<const double> x, D;
  };
  int stages() const { return static_cast<int>(inside_.size()); }
  Stage stage(int i) const;

 private:
  class Stepper;
  template <class Odeint>
  class StepperOf;
  static std::unique_ptr<Stepper> stepper(Method method, std::size_t d);

  void replay();
  void order_stages();

  using State = std::vector<double>;
  std::unique_ptr<Stepper> stepper_;
  int answers_ = 0;  // received in the step under way
  bool under_way_ = false;
  double lam_ = 0, h_ = 0;
  std::vector<State> slopes_;  // dx/dlam at the beginning of the step, then of each answer
  struct Answer {
    double lam;
    State x, D;
  };
  std::vector<Answer> received_;     // in the step under way
  std::vector<std::size_t> inside_;  // of those, the stages strictly inside, in order of lam
  State x_, end_, error_;
  State point_;  // to be evaluated next, at point_lam_
  double point_lam_ = 0;
};

}  // namespace shockstep
