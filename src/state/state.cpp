#include "state/state.hpp"

#include "core/clones.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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
[[gnu::always_inline]] inline void predict(const MultistepWeights& w, const double* x, const double* const* D,
                                           double* out, std::size_t d) {
  const History<K> history(w.predict.data(), D);
  const double decay = w.decay;
#pragma omp simd
  for (std::size_t i = 0; i < d; ++i) out[i] = history.add_to(decay * x[i], i);
}

/// The memory of State::Correction.
struct Corrected {
  const double *predicted, *fresh;
  const double* const* values;
  const double *D0, *D1;
  double *candidate, *value, *copy;
  double inv_h, inv_age;
};

/// Of_F: the values are not those of D.
template <int K, bool Of_F>
[[gnu::always_inline]] inline CorrectionSums correct(const MultistepWeights& w, const Corrected& at, std::size_t d) {
  double gap2 = 0, speed2 = 0, bend2 = 0, move2 = 0;
  const History<K> history(w.extrapolate.data(), at.values);
  const double *predicted = at.predicted, *fresh = at.fresh, *D0 = at.D0, *D1 = at.D1;
  const double correct = w.correct, gain = w.gain, skip = w.skip, inv_h = at.inv_h, inv_age = at.inv_age;
  double *candidate = at.candidate, *value = at.value, *copy = at.copy;
#pragma omp simd reduction(+ : gap2, speed2, bend2, move2)
  for (std::size_t i = 0; i < d; ++i) {
    const double v_new = Of_F ? gain * (fresh[i] - skip * predicted[i]) : fresh[i];
    const double gap = v_new - history.add_to(0, i);
    const double v = (fresh[i] - D0[i]) * inv_h;
    const double bend = v - (D0[i] - D1[i]) * inv_age;
    const double move = fresh[i] - predicted[i];
    candidate[i] = predicted[i] + correct * gap;
    if (Of_F) value[i] = v_new;
    copy[i] = fresh[i];
    gap2 += gap * gap;
    speed2 += v * v;
    bend2 += bend * bend;
    move2 += move * move;
  }
  return {gap2, speed2, bend2, move2};
}

// The order is a run-time number; as a constant the loops over the history unroll.
SHOCKSTEP_CLONES
void predict(const MultistepWeights& w, const double* x, const double* const* D, double* out, std::size_t d) {
  switch (w.order) {
    case 1: return predict<1>(w, x, D, out, d);
    case 2: return predict<2>(w, x, D, out, d);
    case 3: return predict<3>(w, x, D, out, d);
    case 4: return predict<4>(w, x, D, out, d);
    default: return predict<5>(w, x, D, out, d);
  }
}

template <bool Of_F>
[[gnu::always_inline]] inline CorrectionSums correct_of_order(const MultistepWeights& w, const Corrected& at,
                                                              std::size_t d) {
  switch (w.order) {
    case 1: return correct<1, Of_F>(w, at, d);
    case 2: return correct<2, Of_F>(w, at, d);
    case 3: return correct<3, Of_F>(w, at, d);
    case 4: return correct<4, Of_F>(w, at, d);
    default: return correct<5, Of_F>(w, at, d);
  }
}

SHOCKSTEP_CLONES
CorrectionSums correct(const MultistepWeights& w, const Corrected& at, std::size_t d) {
  return correct_of_order<false>(w, at, d);
}

SHOCKSTEP_CLONES
CorrectionSums correct_F(const MultistepWeights& w, const Corrected& at, std::size_t d) {
  return correct_of_order<true>(w, at, d);
}

/// A sum a piece at a time, so that the result may be among its terms and the loops are over neighbours in memory.
constexpr std::size_t piece = 64;

template <class Take>
void for_pieces(std::span<const Term> sum, const double* const* terms, std::size_t d, Take take) {
  std::array<double, piece> total;
  for (std::size_t begin = 0; begin < d; begin += piece) {
    const std::size_t n = std::min(piece, d - begin);
    for (std::size_t k = 0; k < sum.size(); ++k) {
      const double weight = sum[k].weight;
      const double* term = terms[k] + begin;
      if (k == 0)
        for (std::size_t i = 0; i < n; ++i) total[i] = weight * term[i];
      else
        for (std::size_t i = 0; i < n; ++i) total[i] += weight * term[i];
    }
    take(begin, std::span<const double>(total.data(), n));
  }
}

}  // namespace

Vector State::make() {
  memory_.resize(memory_.size() + d_);
  own_ = memory_.data();
  return {vectors_++};
}

Awaited<Done> State::set(Vector out, std::span<const Term> sum) {
  if (remote_) return later<Done>({.kind = Operation::Kind::set, .out = out, .sum = Sum(sum)});
  double* to = at(out);
  if (sum.size() == 2) {
    const double *a = at(sum[0].v), *b = at(sum[1].v), wa = sum[0].weight, wb = sum[1].weight;
    for (std::size_t i = 0; i < d_; ++i) to[i] = wa * a[i] + wb * b[i];
    return Awaited(Done{});
  }
  std::array<const double*, Sum::most> terms;
  for (std::size_t k = 0; k < sum.size(); ++k) terms[k] = at(sum[k].v);
  for_pieces(sum, terms.data(), d_,
             [&](std::size_t begin, std::span<const double> total) { std::ranges::copy(total, to + begin); });
  return Awaited(Done{});
}

Awaited<Done> State::quotient(Vector out, Vector a, Vector b, double divisor) {
  if (remote_) return later<Done>({.kind = Operation::Kind::quotient, .out = out, .a = a, .b = b, .divisor = divisor});
  const double *from = at(a), *less = b.index >= 0 ? at(b) : nullptr;
  double* to = at(out);
  if (less)
    for (std::size_t i = 0; i < d_; ++i) to[i] = (from[i] - less[i]) / divisor;
  else
    for (std::size_t i = 0; i < d_; ++i) to[i] = from[i] / divisor;
  return Awaited(Done{});
}

Awaited<Done> State::predict(const MultistepWeights& weights, Vector x, const Vector* values) {
  if (remote_) {
    Sum sum(weights.decay * x);
    for (int k = 0; k < weights.order; ++k) sum.add(weights.predict[static_cast<std::size_t>(k)], values[k]);
    return set(point, sum);
  }
  std::array<const double*, max_multistep_order> D;
  for (int k = 0; k < weights.order; ++k) D[static_cast<std::size_t>(k)] = at(values[k]);
  shockstep::predict(weights, at(x), D.data(), at(point), d_);
  return Awaited(Done{});
}

Awaited<CorrectionSums> State::correct(const MultistepWeights& weights, const Correction& to) {
  const Vector D0 = to.denoised[0], D1 = to.inv_age != 0 ? to.denoised[1] : D0;
  const bool of_F = to.value.index >= 0;
  if (remote_) {
    Sum sum;
    for (int k = 0; k < weights.order; ++k) sum.add(weights.extrapolate[static_cast<std::size_t>(k)], to.values[k]);
    return later<CorrectionSums>({.kind = Operation::Kind::correct,
                                  .out = to.candidate,
                                  .a = to.copy,
                                  .b = D0,
                                  .c = D1,
                                  .sum = sum,
                                  .weight = weights.correct,
                                  .inv_h = to.inv_h,
                                  .inv_age = to.inv_age,
                                  .gain = weights.gain,
                                  .skip = weights.skip,
                                  .value = of_F ? to.value : to.copy});
  }
  std::array<const double*, max_multistep_order> values{};
  for (int k = 0; k < weights.order; ++k) values[static_cast<std::size_t>(k)] = at(to.values[k]);
  const Corrected memory{
      at(point),   at(answer), values.data(), at(D0), at(D1), at(to.candidate), of_F ? at(to.value) : nullptr,
      at(to.copy), to.inv_h,   to.inv_age};
  return Awaited(of_F ? correct_F(weights, memory, d_) : shockstep::correct(weights, memory, d_));
}

Awaited<double> State::normalise(Vector a) {
  if (remote_) return later<double>({.kind = Operation::Kind::normalise, .out = a, .a = a, .c = a});
  const double length = std::sqrt(dot(a, a).now());
  if (length > 0) (void)quotient(a, a, no_vector, length);
  return Awaited(length);
}

Awaited<double> State::residual2(Vector a, std::span<const Term> sum) {
  if (remote_) return later<double>({.kind = Operation::Kind::residual2, .a = a, .sum = Sum(sum)});
  std::array<const double*, Sum::most> terms;
  for (std::size_t k = 0; k < sum.size(); ++k) terms[k] = at(sum[k].v);
  const double* from = at(a);
  double square = 0;
  for (std::size_t i = 0; i < d_; ++i) {
    double gap = from[i];
    for (std::size_t k = 0; k < sum.size(); ++k) gap -= sum[k].weight * terms[k][i];
    square += gap * gap;
  }
  return Awaited(square);
}

Awaited<Done> State::read(Vector a, std::span<double> out) {
  if (remote_) return later<Done>({.kind = Operation::Kind::read, .a = a, .host = out});
  std::copy_n(at(a), d_, out.begin());
  return Awaited(Done{});
}

}  // namespace shockstep
