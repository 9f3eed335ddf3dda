/// Who judges a step and proposes the next: arithmetic on doubles, no tensors.
#pragma once

namespace shockstep {

/// Length in lam of a step as they are when 15 to 30 of them cover the range of a diffusion. The multistep's error is judged as
/// difference of corrector and predictor times h/usual_step.
inline constexpr double usual_step = .4;

/// Proportional-integral step control with a prediction (Gustafsson 1994; Soderlind 2002). r is the error of an
/// accepted step over its tolerance, E = r/h^p the roughness of the problem there:
///   h_next/h = (target/r)^(integral/p) (E_before/E)^(trend/p).
/// A trend of E continues: along a diffusion it rises by orders of magnitude towards the scale of the data and falls as
/// fast beyond it. A plain proportional-integral controller (r in place of E) lags behind and makes the late steps
/// two to three times too short; an integral controller alone rejects 6 to 10 steps of 30, this one about one.
class StepController {
 public:
  double target = .1;        ///< of r: a tenth leaves room for what the trend does not foresee
  double safety = .8;        ///< of the step length after a rejection
  double growth = 2;         ///< largest ratio of successive steps
  double shrink = .2;        ///< smallest ratio of successive steps
  double integral = .3;      ///< weight of the error
  double trend = .4;         ///< weight of the prediction
  double largest_trend = 3;  ///< of |ln(E/E_before)|: beyond, the error estimate was near zero by chance

  /// What becomes of a step, and of the next.
  struct Verdict {
    bool accept;    ///< false: to be tried again from where it began
    double factor;  ///< next step length over this one
  };

  /// ratio: error of the step over its tolerance (NaN and infinity reject); h > 0: its length; order: the error falls
  /// as h^order. `force` accepts whatever the ratio is (the step is needed to reach the end within a budget).
  Verdict judge(double ratio, double h, double order, bool force = false);

  /// Length with which the error of a step would have been `target`, over its own; no more than a factor `growth` away.
  double aim(double ratio, double order) const;

  /// Forgets the steps so far, for a new trajectory or pass.
  void reset() { known_ = rejected_ = false; }

 private:
  double log_roughness_ = 0;  // ln E of the last accepted step
  bool known_ = false;        // there is one
  bool rejected_ = false;
};

}  // namespace shockstep
