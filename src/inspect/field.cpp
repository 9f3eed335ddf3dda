#include "inspect/field.hpp"

#include <shockstep/error.hpp>

#include "inspect/differences.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/from_blob.h>

#include <boost/numeric/odeint/stepper/generation.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace shockstep {
namespace {

namespace odeint = boost::numeric::odeint;

// Steps of the Jacobian's differences over the field's sigma balance truncation, of the order of the square, and
// rounding.
constexpr DifferenceStep field_step{.float64 = 1e-4, .float32 = .05};
constexpr int most_iterations = 100000;

double clock(const Process& process, double power) {
  const double high = process.sigma_max(), low = process.sigma_min(), q = 2 - power;
  return q == 0 ? std::log(high / low) : (std::pow(high, q) - std::pow(low, q)) / q;
}

}  // namespace

Field::Field(Evaluator& model, const Process& process, const ProductForm& options)
    : model_(model),
      options_(options),
      sigma_(std::clamp(options.sigma, process.sigma_min(), process.sigma_max())),
      factor_(std::pow(sigma_, options.power - 2)),
      duration_(clock(process, options.power)) {}

at::Tensor Field::operator()(const at::Tensor& x, const at::Tensor& trajectory) {
  return factor_ * (model_.denoise({x, trajectory, sigma_}) - x);
}

at::Tensor Field::jacobian(const at::Tensor& x, const at::Tensor& trajectory) {
  const double step = model_.step(field_step, Difference::central) * options_.sigma / sigma_;
  const at::Tensor one = at::eye(x.size(1), at::kDouble);
  // Row k of the differences is J e_k.
  return factor_ * (differences(model_, {x, trajectory, sigma_}, one, step).first.transpose(1, 2) - one);
}

at::Tensor Field::flow(const at::Tensor& x, const at::Tensor& trajectory, double end, bool may_stop) {
  using State = std::vector<double>;
  const at::Tensor begin = x.contiguous();
  State state(begin.const_data_ptr<double>(), begin.const_data_ptr<double>() + begin.numel());
  const auto largest = [](const State& v) {
    double most = 0;
    for (const double value : v) most = std::max(most, std::abs(value));
    return most;
  };
  double speed = 0;  // the largest component of f at the last point asked about
  const auto slope = [&](const State& at, State& out, double) {
    // from_blob takes no const pointer; the tensor is only read.
    const at::Tensor f =
        (*this)(at::from_blob(const_cast<double*>(at.data()), begin.sizes(), at::kDouble), trajectory).contiguous();
    std::copy_n(f.const_data_ptr<double>(), at.size(), out.begin());
    speed = largest(out);
  };
  const double tolerance = resolution() / 10;
  auto stepper = odeint::make_controlled<odeint::runge_kutta_fehlberg78<State>>(tolerance, tolerance);
  State f(state.size());
  slope(state, f, 0);
  // Far away f is about linear: its rate is the unit of time.
  const double rate = speed / std::max(largest(state), options_.sigma);
  double T = 0, step = std::min(end, .1 / std::max(rate, 1e-300));
  for (int i = 0; T < end; ++i) {
    if (i == most_iterations) throw ModelError("the flow of f takes more than 100000 steps to sigma_min");
    step = std::min(step, end - T);
    // What rounding leaves of `end - T` is no step.
    if (!(T + step > T)) break;
    if (stepper.try_step(slope, state, T, step) == odeint::success && may_stop &&
        speed < resolution() * rate * options_.sigma)
      break;
  }
  return at::from_blob(state.data(), begin.sizes(), at::kDouble).clone();
}

}  // namespace shockstep
