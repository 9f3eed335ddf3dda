#include "stepper/runge_kutta_row.hpp"

#include <boost/array.hpp>
#include <boost/fusion/container.hpp>
#include <boost/numeric/odeint/stepper/explicit_error_generic_rk.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_cash_karp54.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <type_traits>

namespace shockstep {
namespace {

namespace odeint = boost::numeric::odeint;
using State = std::vector<double>;
using RightHandSide = std::function<void(const State& x, State& slope, double lam)>;

using DormandPrince = odeint::runge_kutta_dopri5<State>;
using CashKarp = odeint::runge_kutta_cash_karp54<State>;
using Fehlberg = odeint::runge_kutta_fehlberg78<State>;

/// Bogacki & Shampine 1989, A 3(2) pair of Runge-Kutta formulas, Appl. Math. Lett. 2, 321.
class BogackiShampine : public odeint::explicit_error_generic_rk<4, 3, 3, 2, State> {
  using Tableau = odeint::explicit_error_generic_rk<4, 3, 3, 2, State>;

 public:
  BogackiShampine()
      : Tableau(boost::fusion::make_vector(boost::array<double, 1>{{1. / 2}}, boost::array<double, 2>{{0, 3. / 4}},
                                           boost::array<double, 3>{{2. / 9, 1. / 3, 4. / 9}}),
                {{2. / 9, 1. / 3, 4. / 9, 0}},                                    // order 3
                {{2. / 9 - 7. / 24, 1. / 3 - 1. / 4, 4. / 9 - 1. / 3, -1. / 8}},  // less the one of order 2
                {{0, 1. / 2, 3. / 4, 1}}) {}
};

}  // namespace

/// One of odeint's error steppers; its type stays in this file.
class RungeKuttaRow::Stepper {
 public:
  virtual ~Stepper() = default;
  virtual void do_step(const RightHandSide& rhs, const State& x, const State& slope, double lam, double h, State& end,
                       State& error) = 0;

  int order = 0, error_order = 0, evaluations = 0;
};

template <class Odeint>
class RungeKuttaRow::StepperOf final : public Stepper {
 public:
  StepperOf(int step_evaluations, std::size_t d) : end_slope_(d) {
    order = odeint_.stepper_order();
    error_order = odeint_.error_order();
    evaluations = step_evaluations;
  }

  void do_step(const RightHandSide& rhs, const State& x, const State& slope, double lam, double h, State& end,
               State& error) override {
    if constexpr (std::is_same_v<typename Odeint::stepper_category, odeint::explicit_error_stepper_fsal_tag>)
      odeint_.do_step(std::cref(rhs), x, slope, lam, end, end_slope_, h, error);
    else
      odeint_.do_step(std::cref(rhs), x, slope, lam, end, h, error);
  }

 private:
  Odeint odeint_;
  State end_slope_;
};

std::unique_ptr<RungeKuttaRow::Stepper> RungeKuttaRow::stepper(Method method, std::size_t d) {
  if (method == Method::dopri5) return std::make_unique<StepperOf<DormandPrince>>(6, d);
  if (method == Method::cash_karp54) return std::make_unique<StepperOf<CashKarp>>(6, d);
  if (method == Method::fehlberg78) return std::make_unique<StepperOf<Fehlberg>>(13, d);
  if (method == Method::bogacki_shampine) return std::make_unique<StepperOf<BogackiShampine>>(3, d);
  assert(false && "no Runge-Kutta method");
  return nullptr;
}

RungeKuttaRow::RungeKuttaRow(Method method, std::size_t d)
    : stepper_(stepper(method, d)), x_(d), end_(d), error_(d), point_(d) {
  slopes_.assign(static_cast<std::size_t>(evaluations()) + 1, State(d));
  received_.assign(static_cast<std::size_t>(evaluations()), {0, State(d), State(d)});
}
RungeKuttaRow::~RungeKuttaRow() = default;

int RungeKuttaRow::evaluations() const { return stepper_->evaluations; }
int RungeKuttaRow::order() const { return stepper_->order; }
int RungeKuttaRow::error_order() const { return stepper_->error_order; }

void RungeKuttaRow::begin(std::span<const double> x, std::span<const double> D, double lam, double h) {
  std::copy(x.begin(), x.end(), x_.begin());
  std::transform(D.begin(), D.end(), x.begin(), slopes_[0].begin(), std::minus());
  lam_ = lam, h_ = h;
  answers_ = 0;
  inside_.clear();
  under_way_ = true;
  replay();
}

void RungeKuttaRow::replay() {
  int asked = 0;
  stepper_->do_step(
      [&](const State& x, State& slope, double lam) {
        if (asked == answers_) point_ = x, point_lam_ = lam;
        if (asked < answers_)
          slope = slopes_[static_cast<std::size_t>(asked) + 1];
        else
          std::fill(slope.begin(), slope.end(), 0.);
        ++asked;
      },
      x_, slopes_[0], lam_, h_, end_, error_);
  if (asked <= answers_) point_ = end_, point_lam_ = lam_ + h_;  // no stage is open
}

double RungeKuttaRow::request(std::span<double> point) const {
  std::copy(point_.begin(), point_.end(), point.begin());
  return point_lam_;
}

bool RungeKuttaRow::receive(std::span<const double> point, std::span<const double> D) {
  Answer& answer = received_[static_cast<std::size_t>(answers_)];
  answer.lam = point_lam_;
  std::copy(point.begin(), point.end(), answer.x.begin());
  std::copy(D.begin(), D.end(), answer.D.begin());
  ++answers_;
  std::transform(D.begin(), D.end(), point.begin(), slopes_[static_cast<std::size_t>(answers_)].begin(), std::minus());
  replay();
  under_way_ = answers_ < evaluations();
  if (!under_way_) order_stages();
  return !under_way_;
}

void RungeKuttaRow::order_stages() {
  constexpr double same = 1e-9;  // in units of the step: far below any distance of two stages, far above rounding
  for (std::size_t i = received_.size(); i-- > 0;) {  // the latest first: of higher order
    const double lam = received_[i].lam;
    const auto apart = [&](double other) { return std::abs(lam - other) > same * h_; };
    const bool other = std::ranges::all_of(inside_, [&](std::size_t j) { return apart(received_[j].lam); });
    if (other && apart(lam_) && apart(lam_ + h_)) inside_.push_back(i);
  }
  std::ranges::sort(inside_, {}, [&](std::size_t i) { return received_[i].lam; });
}

RungeKuttaRow::Stage RungeKuttaRow::stage(int i) const {
  const Answer& answer = received_[inside_[static_cast<std::size_t>(i)]];
  return {answer.lam, answer.x, answer.D};
}

double RungeKuttaRow::error() const {
  double sum = 0;
  for (const double e : error_) sum += e * e;
  return std::sqrt(sum / static_cast<double>(error_.size()));
}

}  // namespace shockstep
