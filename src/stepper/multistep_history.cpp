#include "stepper/multistep_history.hpp"

#include "stepper/blended_weights.hpp"
#include "stepper/network_value.hpp"
#include "stepper/solver_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace shockstep {
namespace {

/// A_k for the weights of an extrapolation.
double amplification(std::span<const double> weights) {
  double sum = 1;
  for (const double w : weights) sum += w * w;
  return std::sqrt(sum);
}

/// A_k for equal steps: the weights are binomial coefficients, and the sum of their squares is binomial(2k, k).
double equal_amplification(int k) {
  double sum = 1;
  for (int i = 1; i <= k; ++i) sum *= static_cast<double>(k + i) / i;
  return std::sqrt(sum);
}

}  // namespace

MultistepHistory::MultistepHistory(State& state, int order, double scale)
    : state_(state),
      order_(order > 0 ? order : OrderChoice::most),
      varies_(order == 0),
      scale_(scale),
      most_values_(scale > 0 ? std::min(order_ + 1, max_multistep_order) : order_),
      x_(state.make()),
      candidate_(state.make()) {
  for (int i = 0; i < slots(); ++i) values_[static_cast<std::size_t>(i)] = state.make();
  if (of_F())
    for (Vector& D : denoised_) D = state.make();
}

Task<> MultistepHistory::seed(Vector D) {
  lams_[0] = lam_;
  count_ = 1;
  if (of_F()) {
    const auto [gain, skip] = network_value(over_sigma(scale_));
    const std::array value{Term{gain, D}, Term{-gain * skip, x_}};
    co_await state_.set(values_[0], value);
    co_await state_.set(denoised_[0], D);
  } else {
    co_await state_.set(values_[0], D);
  }
}

Task<Vector> MultistepHistory::denoised_at_x() {
  if (!of_F()) co_return denoised();
  const auto [gain, skip] = network_value(over_sigma(scale_));
  const std::array D{Term{1 / gain, values_[0]}, Term{skip, x_}};
  co_await state_.set(candidate_, D);
  co_return candidate_;
}

Awaited<Done> MultistepHistory::predict(double h, int most_values) {
  const int known = std::min({count_, most_values_, most_values});
  h_ = h;
  order_used_ = varies_ ? choice_.order(h, known) : std::min(known, order_);
  weights_ = weights(order_used_);
  if (order_used_ < known) weights_ = blended(weights_, weights(order_used_ + 1));
  return state_.predict(weights_, x_, values_.data());
}

/// Of the step under way with k values.
MultistepWeights MultistepHistory::weights(int k) const {
  std::array<double, max_multistep_order> ages;
  for (int i = 0; i < k; ++i) ages[i] = lam_ - lams_[i];
  return multistep_weights({ages.data(), static_cast<std::size_t>(k)}, h_, over_sigma(warp_), over_sigma(scale_));
}

Awaited<CorrectionSums> MultistepHistory::correct() {
  const double inv_age = count_ > 1 ? 1 / (lams_[0] - lams_[1]) : 0;
  dropped_ = false;  // its place is taken by the fresh value
  const Vector spare = values_[static_cast<std::size_t>(slots() - 1)];
  return state_.correct(weights_, {.values = values_.data(),
                                   .denoised = denoised_values(),
                                   .candidate = candidate_,
                                   .value = of_F() ? spare : no_vector,
                                   .copy = of_F() ? denoised_.back() : spare,
                                   .inv_h = 1 / h_,
                                   .inv_age = inv_age});
}

Awaited<CorrectionSums> MultistepHistory::adopt(double h) {
  h_ = h;
  weights_ = {};
  weights_.order = order_used_ = 1;  // `correct` is 0 with it: the end stays where it is
  return correct();
}

double MultistepHistory::noise_weight() const {
  const std::span weights(weights_.extrapolate.data(), static_cast<std::size_t>(weights_.order));
  return std::abs(weights_.correct) * weights_.gain *
         std::min(amplification(weights), equal_amplification(weights_.order));
}

Task<StepGaps> MultistepHistory::gaps() {
  const auto k = static_cast<std::size_t>(weights_.order),
             count = static_cast<std::size_t>(count_) + static_cast<std::size_t>(dropped_);
  std::array<double, max_slots> nodes;  // since the begin of the step
  for (std::size_t i = 0; i < count; ++i) nodes[i] = lams_[i] - lam_;
  StepGaps gaps{.h = h_, .gap = 0, .higher = std::numeric_limits<double>::quiet_NaN()};
  for (std::size_t values = k; values <= std::min(k + 1, count); ++values) {
    const auto weights = interpolating_weights({nodes.data(), values}, h_);
    Sum extrapolation;  // of D, which is value/gain + skip x
    if (of_F()) extrapolation.add(weights_.skip, State::point);
    for (std::size_t j = 0; j < values; ++j) extrapolation.add(weights[j] / weights_.gain, values_[j]);
    const double gap = rms(co_await state_.residual2(State::answer, extrapolation));
    (values == k ? gaps.gap : gaps.higher) = gap / amplification(weights);
  }
  co_return gaps;
}

Task<> MultistepHistory::compare_orders() {
  if (!varies_) co_return;
  const Vector value = of_F() ? values_[static_cast<std::size_t>(slots() - 1)] : State::answer;
  std::array<double, OrderChoice::most - OrderChoice::least + 1> errors;
  std::size_t compared = 0;
  for (int k = OrderChoice::least; k <= std::min(count_, OrderChoice::most); ++k) {
    const MultistepWeights w = weights(k);
    Sum extrapolation;
    for (int j = 0; j < k; ++j) extrapolation.add(w.extrapolate[j], values_[j]);
    errors[compared++] = std::abs(w.correct) * rms(co_await state_.residual2(value, extrapolation));
  }
  choice_.add({errors.data(), compared}, h_);
}

void MultistepHistory::accept() {
  std::swap(x_, candidate_);
  const auto n = static_cast<std::ptrdiff_t>(slots());
  std::rotate(values_.begin(), values_.begin() + n - 1, values_.begin() + n);
  std::rotate(lams_.begin(), lams_.begin() + n - 1, lams_.begin() + n);
  if (of_F()) std::ranges::rotate(denoised_, denoised_.end() - 1);
  lam_ += h_;
  lams_[0] = lam_;
  dropped_ = count_ == static_cast<int>(n) - 1;
  if (!dropped_) ++count_;
}

}  // namespace shockstep
