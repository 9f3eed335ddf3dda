#include "stepper/multistep_row.hpp"

#include "core/clones.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace shockstep {
namespace {

/// sum_k weights[k] D[k]. Copies: what the loop writes might else be one of them, and every element would be looked up anew.
template <int K>
struct History {
  double weight[K];
  const double* D[K];

  [[gnu::always_inline]] History(const double* weights, const double* const* values) {
    for (int k = 0; k < K; ++k) weight[k] = weights[k], D[k] = values[k];
  }
  [[gnu::always_inline]] double add_to(double sum, std::size_t i) const {
    for (int k = 0; k < K; ++k) sum += weight[k] * D[k][i];
    return sum;
  }
};

template <int K>
[[gnu::always_inline]] inline void predict_row(const MultistepWeights& w, const double* x, const double* const* D,
                                               double* out, std::size_t d) {
  const History<K> history(w.predict.data(), D);
  const double decay = w.decay;
#pragma omp simd
  for (std::size_t i = 0; i < d; ++i) out[i] = history.add_to(decay * x[i], i);
}

struct Sums {
  double gap2 = 0, rate2 = 0, bend2 = 0, move2 = 0;
};

/// inv_age: 1/(lam_0 - lam_1), of the sign of the steps; 0 where there is no second value.
template <int K>
[[gnu::always_inline]] inline Sums correct_row(const MultistepWeights& w, const double* predicted, const double* fresh,
                                               const double* const* D, double* candidate, double* spare, std::size_t d,
                                               double inv_h, double inv_age) {
  double gap2 = 0, rate2 = 0, bend2 = 0, move2 = 0;
  const History<K> history(w.extrapolate.data(), D);
  const double *D0 = D[0], *D1 = inv_age != 0 ? D[1] : D[0], correct = w.correct;
#pragma omp simd reduction(+ : gap2, rate2, bend2, move2)
  for (std::size_t i = 0; i < d; ++i) {
    const double gap = fresh[i] - history.add_to(0, i);
    const double v = (fresh[i] - D0[i]) * inv_h;
    const double bend = v - (D0[i] - D1[i]) * inv_age;
    const double move = fresh[i] - predicted[i];
    candidate[i] = predicted[i] + correct * gap;
    spare[i] = fresh[i];
    gap2 += gap * gap;
    rate2 += v * v;
    bend2 += bend * bend;
    move2 += move * move;
  }
  return {gap2, rate2, bend2, move2};
}

// The order is a run-time number; as a constant the loops over the history unroll.
SHOCKSTEP_CLONES
void predict_row(int k, const MultistepWeights& w, const double* x, const double* const* D, double* out,
                 std::size_t d) {
  switch (k) {
    case 1: return predict_row<1>(w, x, D, out, d);
    case 2: return predict_row<2>(w, x, D, out, d);
    case 3: return predict_row<3>(w, x, D, out, d);
    case 4: return predict_row<4>(w, x, D, out, d);
    default: return predict_row<5>(w, x, D, out, d);
  }
}

SHOCKSTEP_CLONES
Sums correct_row(int k, const MultistepWeights& w, const double* predicted, const double* fresh, const double* const* D,
                 double* candidate, double* spare, std::size_t d, double inv_h, double inv_age) {
  switch (k) {
    case 1: return correct_row<1>(w, predicted, fresh, D, candidate, spare, d, inv_h, inv_age);
    case 2: return correct_row<2>(w, predicted, fresh, D, candidate, spare, d, inv_h, inv_age);
    case 3: return correct_row<3>(w, predicted, fresh, D, candidate, spare, d, inv_h, inv_age);
    case 4: return correct_row<4>(w, predicted, fresh, D, candidate, spare, d, inv_h, inv_age);
    default: return correct_row<5>(w, predicted, fresh, D, candidate, spare, d, inv_h, inv_age);
  }
}

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

/// Lagrange's basis at u = h for nodes at u = -ages[i].
void extrapolation_weights(std::span<const double> ages, double h, std::span<double> out) {
  for (std::size_t i = 0; i < ages.size(); ++i) {
    out[i] = 1;
    for (std::size_t j = 0; j < ages.size(); ++j)
      if (j != i) out[i] *= (h + ages[j]) / (ages[j] - ages[i]);
  }
}

}  // namespace

MultistepRow::MultistepRow(double* memory, int order, std::size_t d)
    : d_(d), order_(order), x_(memory), candidate_(memory + d) {
  for (std::size_t i = 0; i < slots(order); ++i) values_[i] = memory + (2 + i) * d;
}

void MultistepRow::seed(std::span<const double> D) {
  std::copy(D.begin(), D.end(), values_[0]);
  lams_[0] = lam_;
  count_ = 1;
}

int MultistepRow::predict(double h, std::span<double> out, int most_values) {
  std::array<double, max_multistep_order> ages;
  const int k = std::min({count_, order_, most_values});
  for (int i = 0; i < k; ++i) ages[i] = lam_ - lams_[i];
  h_ = h;
  weights_ = multistep_weights({ages.data(), static_cast<std::size_t>(k)}, h, scale_ > 0 ? scale_ * std::exp(lam_) : 0);
  predict_row(k, weights_, x_, values_.data(), out.data(), d_);
  return k;
}

MultistepRow::Outcome MultistepRow::correct(std::span<const double> predicted, std::span<const double> fresh) {
  const double inv_age = count_ > 1 ? 1 / (lams_[0] - lams_[1]) : 0;
  dropped_ = false;  // its place is taken by the fresh D
  const Sums sums = correct_row(weights_.order, weights_, predicted.data(), fresh.data(), values_.data(), candidate_,
                                values_[slots(order_) - 1], d_, 1 / h_, inv_age);
  return {std::abs(weights_.correct) * std::sqrt(sums.gap2 / static_cast<double>(d_)), sums.rate2, sums.bend2,
          sums.move2};
}

double MultistepRow::noise_weight() const {
  const std::span weights(weights_.extrapolate.data(), static_cast<std::size_t>(weights_.order));
  return std::abs(weights_.correct) * std::min(amplification(weights), equal_amplification(weights_.order));
}

StepGaps MultistepRow::gaps(std::span<const double> fresh) const {
  std::array<double, max_slots> ages, weights;
  const auto rms_gap = [&](std::size_t k) {
    extrapolation_weights({ages.data(), k}, h_, weights);
    double sum = 0;
    for (std::size_t i = 0; i < d_; ++i) {
      double gap = fresh[i];
      for (std::size_t j = 0; j < k; ++j) gap -= weights[j] * values_[j][i];
      sum += gap * gap;
    }
    return std::sqrt(sum / static_cast<double>(d_)) / amplification({weights.data(), k});
  };
  const auto k = static_cast<std::size_t>(weights_.order),
             count = static_cast<std::size_t>(count_) + static_cast<std::size_t>(dropped_);
  for (std::size_t i = 0; i < count; ++i) ages[i] = lam_ - lams_[i];
  return {h_, rms_gap(k), count > k ? rms_gap(k + 1) : std::numeric_limits<double>::quiet_NaN()};
}

MultistepRow::Outcome MultistepRow::adopt(double h, std::span<const double> end, std::span<const double> D,
                                          double error) {
  h_ = h;
  weights_ = {};
  weights_.order = 1;  // and correct = 0: the end stays where it is
  Outcome outcome = correct(end, D);
  outcome.error += error;
  return outcome;
}

void MultistepRow::accept() {
  std::swap(x_, candidate_);
  const auto n = static_cast<std::ptrdiff_t>(slots(order_));
  std::rotate(values_.begin(), values_.begin() + n - 1, values_.begin() + n);
  std::rotate(lams_.begin(), lams_.begin() + n - 1, lams_.begin() + n);
  lam_ += h_;
  lams_[0] = lam_;
  dropped_ = count_ == static_cast<int>(n) - 1;
  if (!dropped_) ++count_;
}

}  // namespace shockstep
