#include <shockstep/error.hpp>
#include <shockstep/stepper.hpp>

#include "stepper/multistep_row.hpp"

#include <algorithm>
#include <string>

namespace shockstep {

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
  return !row_ || row_->lam() != lam || !std::equal(x.begin(), x.end(), row_->x().begin(), row_->x().end());
}

void ExponentialMultistep::restart(const state_type& x, double lam) {
  memory_.assign(MultistepRow::memory(order_, x.size()), 0);
  row_ = std::make_unique<MultistepRow>(memory_.data(), order_, x.size());
  std::copy(x.begin(), x.end(), row_->x().begin());
  row_->restart(lam);
  row_->seed(fresh_);
  controller_.reset();
}

void ExponentialMultistep::predict(double h) {
  predicted_.resize(fresh_.size());
  used_ = row_->predict(h, predicted_);
}

bool ExponentialMultistep::correct(state_type& x, double& lam, double& h) {
  const double error = row_->correct(predicted_, fresh_).error;
  const auto verdict = controller_.judge(error / tolerance_, h, used_ + 1);
  h *= verdict.factor;
  if (!verdict.accept) return false;
  row_->accept();
  lam = row_->lam();
  std::copy(row_->x().begin(), row_->x().end(), x.begin());
  return true;
}

}  // namespace shockstep
