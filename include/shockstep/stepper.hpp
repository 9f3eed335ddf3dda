/// Exponential multistep with data prediction for  dx/dlam = D(x, e^-lam) - x:  one model evaluation per step.
///
/// The linear part is integrated exactly:  x(lam + h) = e^-h x + int_0^h e^-(h-u) D(lam + u) du.  D is replaced by the
/// polynomial through its k newest values (predictor, order k) and, after the evaluation at the predicted point, by the
/// one through those and the new value (corrector, order k + 1). In Newton's form the two differ by one term,
///   corrector - predictor = correct (D_new - extrapolated D),
/// which is also the error estimate. Hochbruck & Ostermann 2010, section 2; DPM-Solver++ and UniPC are relatives.
///
/// Where the scale s of the data is told, what is interpolated is EDM's network output in place of D (Karras et al. 2022, arXiv
/// 2206.00364, eq. 7): D less its part c x that is exact for Gaussian data of that scale, over its size,
///   F = (D - c x) sqrt(sigma^2 + s^2)/sigma,  c = s^2/(sigma^2 + s^2)   (in data units: s times theirs).
/// With y = x/sqrt(sigma^2 + s^2) the equation is dy/dlam = F sigma/(sigma^2 + s^2), which is what is integrated.
#pragma once

#include <boost/numeric/odeint/stepper/controlled_step_result.hpp>
#include <boost/numeric/odeint/stepper/stepper_categories.hpp>
#include <boost/numeric/odeint/util/unwrap_reference.hpp>

#include <shockstep/controller.hpp>

#include <array>
#include <memory>
#include <span>
#include <vector>

namespace shockstep {

/// Highest order of the predictor.
inline constexpr int max_multistep_order = 5;

/// Weights of one step of length h from the newest node; index 0 is the newest value, of D or of F.
struct MultistepWeights {
  int order = 0;       ///< number k of values used, 1 to max_multistep_order
  double decay = 0;    ///< e^-h; of F sqrt(sigma_1^2 + s^2)/sqrt(sigma_0^2 + s^2)
  double correct = 0;  ///< int_0^h e^-(h-u) prod_i (u - u_i)/(h - u_i) du; of F with its own kernel
  double gain = 1;     ///< the value at the end of the step is gain (D - skip x): of D itself 1
  double skip = 0;     ///< of D itself 0
  std::array<double, max_multistep_order> predict{};      ///< predictor = decay x + sum_i predict_i of the values
  std::array<double, max_multistep_order> extrapolate{};  ///< the interpolating polynomial at u = h
};

/// `ages[i]` >= 0 is how far back in lam the i-th newest value of D lies (ages[0] = 0), strictly increasing; h > 0. A
/// step up, towards larger sigma, has h < 0 and ages <= 0, strictly decreasing: the formulas are the same. Accurate
/// to about 1e-14 up to order 3 and 1e-12 at order 5, relative to h: the moments of e^-u are taken by series, not by
/// their recurrence, where the recurrence cancels.
///
/// warp = s/sigma at the newest node, or 0. With a warp D is interpolated by a polynomial in tau = asinh(s/sigma)
/// instead of lam. Far above the scale s of the data D is a power series in 1/sigma (D = mean + C x/sigma^2 + ..., x
/// growing like sigma), which a polynomial in tau follows where one in lam cannot: D doubles with every ln 2. Far
/// below s, tau is lam plus a constant. The integrals are then taken by Gauss' rule with ten nodes: 1e-12 relative to
/// h for steps up to 1, and 1e-6 at 2.5 with order 5, below any tolerance at which such a step is taken.
///
/// scale = s/sigma at the newest node: values are of F instead of D; 0: of D. F is smooth in lam itself, or with a warp in tau.
MultistepWeights multistep_weights(std::span<const double> ages, double h, double warp = 0, double scale = 0);

/// The method for one trajectory as a Boost.Odeint controlled stepper: hand it to odeint's integrate_adaptive with the
/// right-hand side dx/dlam = D - x (the stepper adds x back to get D). State: std::vector<double>. Copies start afresh.
class ExponentialMultistep {
 public:
  using state_type = std::vector<double>;  ///< x
  using deriv_type = state_type;           ///< dx/dlam
  using value_type = double;               ///< of a coordinate
  using time_type = double;                ///< lam, and lengths in it
  using order_type = unsigned short;       ///< as odeint has it
  /// What integrate_adaptive and its like know it by.
  using stepper_category = boost::numeric::odeint::controlled_stepper_tag;

  /// tolerance: largest root mean square difference of corrector and predictor in a step, in units of the state.
  /// Throws ConfigError unless 1 <= order <= max_multistep_order and tolerance > 0.
  explicit ExponentialMultistep(double tolerance, int order = 3);
  ExponentialMultistep(const ExponentialMultistep& other);  ///< the same settings, and no history
  ExponentialMultistep& operator=(const ExponentialMultistep&) = delete;
  ~ExponentialMultistep();

  /// Order of the corrected solution once the history is full.
  order_type order() const { return static_cast<order_type>(order_ + 1); }

  /// One attempt from (x, lam) with length h. success: x and lam are advanced. h becomes the next length to try.
  template <class System>
  boost::numeric::odeint::controlled_step_result try_step(System system, state_type& x, time_type& lam, time_type& h) {
    typename boost::numeric::odeint::unwrap_reference<System>::type& f = system;
    if (moved(x, lam)) {
      denoise(f, x, lam);
      restart(x, lam);
    }
    predict(h);
    denoise(f, predicted_, lam + h);
    return correct(x, lam, h) ? boost::numeric::odeint::success : boost::numeric::odeint::fail;
  }

 private:
  template <class F>
  void denoise(F& f, const state_type& x, double lam) {
    fresh_.resize(x.size());
    f(x, fresh_, lam);
    for (std::size_t i = 0; i < x.size(); ++i) fresh_[i] += x[i];
  }
  bool moved(const state_type& x, double lam) const;  // the first step, or not where the last one ended
  void restart(const state_type& x, double lam);
  void predict(double h);
  bool correct(state_type& x, double& lam, double& h);

  int order_;
  double tolerance_;
  StepController controller_;
  struct Steps;  // the state and its history
  std::unique_ptr<Steps> steps_;
  state_type predicted_, fresh_;
};

}  // namespace shockstep
