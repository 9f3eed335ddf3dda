#include <shockstep/error.hpp>
#include <shockstep/stepper.hpp>

#include "stepper/multistep_history.hpp"

#include <algorithm>
#include <string>

namespace shockstep {

/// All in the host's memory, where no operation has to be waited for.
struct ExponentialMultistep::Steps {
  Steps(std::size_t d, int order) : state(d), multistep(state, order), x(d) {}

  State state;
  MultistepHistory multistep;
  state_type x;  // as odeint knows it: where the last accepted step ended
};

ExponentialMultistep::ExponentialMultistep(double tolerance, int order) : order_(order), tolerance_(tolerance) {
  if (order < 1 || order > max_multistep_order)
    throw ConfigError("order",
                      "must be 1 to " + std::to_string(max_multistep_order) + ", got " + std::to_string(order));
  if (!(tolerance > 0)) throw ConfigError("tolerance", "must be positive, got " + std::to_string(tolerance));
}
ExponentialMultistep::ExponentialMultistep(const ExponentialMultistep& other)
    : ExponentialMultistep(other.tolerance_, other.order_) {}
ExponentialMultistep::~ExponentialMultistep() = default;

bool ExponentialMultistep::moved(const state_type& x, double lam) const {
  return !steps_ || steps_->multistep.lam() != lam || x != steps_->x;
}

void ExponentialMultistep::restart(const state_type& x, double lam) {
  steps_ = std::make_unique<Steps>(x.size(), order_);
  steps_->x = x;
  auto& [state, multistep, start] = *steps_;
  state.bind(nullptr, fresh_.data());
  (void)state.write(multistep.x(), [&](std::span<double> out) { std::ranges::copy(x, out.begin()); });
  multistep.restart(lam);
  multistep.seed(State::answer).now();
  controller_.reset();
}

void ExponentialMultistep::predict(double h) {
  predicted_.resize(fresh_.size());
  steps_->state.bind(predicted_.data(), fresh_.data());
  (void)steps_->multistep.predict(h);
}

bool ExponentialMultistep::correct(state_type& x, double& lam, double& h) {
  MultistepHistory& multistep = steps_->multistep;
  steps_->state.bind(predicted_.data(), fresh_.data());
  const double error = multistep.outcome(multistep.correct().now()).error;
  const auto verdict = controller_.judge(error / tolerance_, h, multistep.order() + 1);
  h *= verdict.factor;
  if (!verdict.accept) return false;
  multistep.accept();
  lam = multistep.lam();
  (void)steps_->state.read(multistep.x(), x);
  steps_->x = x;
  return true;
}

}  // namespace shockstep
