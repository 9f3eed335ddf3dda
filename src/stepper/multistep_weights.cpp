#include <shockstep/stepper.hpp>

#include "core/clones.hpp"
#include "core/fast_math.hpp"
#include "stepper/network_value.hpp"

#include <boost/math/quadrature/gauss.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace shockstep {
namespace {

constexpr int series_length = 28;  // of the moments' series: 2^28/28! < 1e-20

constexpr auto reciprocals = [] {
  std::array<double, series_length + max_multistep_order + 2> r{};
  for (std::size_t i = 1; i < r.size(); ++i) r[i] = 1. / static_cast<double>(i);
  return r;
}();

/// m_j = int_0^1 e^-h(1-t) t^j dt for j < N. They satisfy m_j = (1 - j m_{j-1})/h, which cancels upward for small h and
/// is stable downward, m_{j-1} = (1 - h m_j)/j; the highest one comes from its series j! sum_i (-h)^i/(j+1+i)!.
template <int N>
std::array<double, N> moments(double h) {
  std::array<double, N> m;
  if (h > 2) {
    m[0] = -std::expm1(-h) / h;
    for (int j = 1; j < N; ++j) m[j] = (1 - j * m[j - 1]) / h;
    return m;
  }
  double term = reciprocals[N], sum = 0;
  for (int i = 1; i < series_length && std::abs(term) > 1e-18; ++i) {
    sum += term;
    term *= -h * reciprocals[N + i];
  }
  m[N - 1] = sum;
  for (int j = N - 1; j > 0; --j) m[j - 1] = (1 - h * m[j]) * reciprocals[j];
  return m;
}

template <int K>
MultistepWeights weights(const double* ages, double h) {
  MultistepWeights w;
  w.order = K;
  w.decay = std::exp(-h);
  const auto m = moments<K + 1>(h);

  std::array<double, K> t;  // nodes in units of the step, t = u/h: the newest at 0, the others before
  const double inverse_h = 1 / h;
  for (int i = 0; i < K; ++i) t[i] = -ages[i] * inverse_h;

  // Coefficients in powers of t of N(t) = prod_i (t - t_i).
  std::array<double, K + 1> N{1};
  double N_at_1 = 1;
  for (int i = 0; i < K; ++i) {
    for (int j = i + 1; j > 0; --j) N[j] = N[j - 1] - t[i] * N[j];
    N[0] *= -t[i];
    N_at_1 *= 1 - t[i];
  }
  double integral = 0;
  for (int j = 0; j <= K; ++j) integral += N[j] * m[j];
  w.correct = h * integral / N_at_1;

  // Lagrange's basis l_i(t) = prod_{j != i} (t - t_j)/(t_i - t_j): divide N by (t - t_i) and normalise.
  for (int i = 0; i < K; ++i) {
    double quotient = 0, slope = 1, weight = 0, value = 0;
    for (int j = K; j > 0; --j) {
      quotient = N[j] + t[i] * quotient;
      weight += quotient * m[j - 1];
      value += quotient;
    }
    for (int j = 0; j < K; ++j)
      if (j != i) slope *= t[i] - t[j];
    slope = 1 / slope;
    w.predict[i] = h * weight * slope;
    w.extrapolate[i] = value * slope;
  }
  return w;
}

using Gauss10 = boost::math::quadrature::gauss<double, 10>;

// Where every node has s/sigma beyond this, tau is lam but for 1/(4 30^2) of a step, and the closed form serves.
constexpr double straight = 30;

constexpr int points = 10;  // Gauss' rule on (0, 1)
const auto rule = [] {
  struct {
    std::array<double, points> at{}, weight{};
  } r;
  for (std::size_t q = 0; q < Gauss10::abscissa().size(); ++q) {
    const double a = Gauss10::abscissa()[q];
    r.at[2 * q] = .5 * (1 - a), r.at[2 * q + 1] = .5 * (1 + a);
    r.weight[2 * q] = r.weight[2 * q + 1] = .5 * Gauss10::weights()[q];
  }
  return r;
}();

/// The same by Gauss' rule where no closed form is known: with polynomials in tau(u) = asinh(warp e^u), or u for no warp; of F
/// where there is a scale. The kernel of D is e^-(h-u); that of F, with r = s/sigma at u and r_1 at the end,
///   sqrt(sigma_1^2 + s^2) sigma/(sigma^2 + s^2) = sqrt(1 + r_1^2)/r_1  r/(1 + r^2).
template <bool Of_F, int K>
[[gnu::always_inline]] inline MultistepWeights gauss_weights(const double* ages, double h, double warp, double scale) {
  MultistepWeights w;
  w.order = K;
  w.decay = std::exp(-h);

  // All tau at once: of Gauss' points, of the end of the step, of the nodes.
  constexpr int end = points, first = points + 1, count = points + 1 + K;
  std::array<double, count> e, tau;
  for (int q = 0; q < points; ++q) e[q] = h * rule.at[q];
  e[end] = h;
  for (int i = 0; i < K; ++i) e[first + i] = -ages[i];
#pragma omp simd
  for (int q = 0; q < count; ++q) {
    const double u = e[q];
    e[q] = fast_exp(u);
    tau[q] = !Of_F || warp > 0 ? fast_asinh(warp * e[q]) : u;
  }

  // Lagrange's basis at the points and the end, and N(tau) = prod_i (tau - t_i).
  std::array<std::array<double, points + 1>, K> basis;
  std::array<double, points + 1> N;
  for (int i = 0; i < K; ++i) {
    double slope = 1;
    for (int j = 0; j < K; ++j)
      if (j != i) slope *= tau[first + i] - tau[first + j];
    slope = 1 / slope;
#pragma omp simd
    for (int q = 0; q <= end; ++q) {
      double value = slope;
      for (int j = 0; j < K; ++j)
        if (j != i) value *= tau[q] - tau[first + j];
      basis[i][q] = value;
    }
  }
#pragma omp simd
  for (int q = 0; q <= end; ++q) {
    N[q] = 1;
    for (int j = 0; j < K; ++j) N[q] *= tau[q] - tau[first + j];
  }
  std::array<double, points> weight;
  if constexpr (Of_F) {
    const double r1 = scale * e[end];
    const auto [gain, skip] = network_value(r1);
    w.gain = gain, w.skip = skip;
    w.decay *= gain / std::sqrt(1 + scale * scale);
    for (int q = 0; q < points; ++q) {
      const double r = scale * e[q];
      weight[q] = h * rule.weight[q] * (gain / r1) * r / (1 + r * r);
    }
  } else {
    for (int q = 0; q < points; ++q) weight[q] = h * rule.weight[q] * e[q] * w.decay;
  }
  for (int i = 0; i < K; ++i) {
    w.extrapolate[i] = basis[i][end];
    for (int q = 0; q < points; ++q) w.predict[i] += weight[q] * basis[i][q];
  }
  for (int q = 0; q < points; ++q) w.correct += weight[q] * N[q];
  w.correct /= N[end];
  return w;
}

/// Whether a node or the end of the step is where tau is bent: behind, or ahead where the step goes up.
bool bent(double warp, double oldest, double h) { return warp > 0 && warp * std::exp(std::min(-oldest, h)) < straight; }

template <bool Of_F>
[[gnu::always_inline]] inline MultistepWeights gauss_weights(int k, const double* ages, double h, double warp,
                                                             double scale) {
  switch (k) {
    case 1: return gauss_weights<Of_F, 1>(ages, h, warp, scale);
    case 2: return gauss_weights<Of_F, 2>(ages, h, warp, scale);
    case 3: return gauss_weights<Of_F, 3>(ages, h, warp, scale);
    case 4: return gauss_weights<Of_F, 4>(ages, h, warp, scale);
    default: return gauss_weights<Of_F, 5>(ages, h, warp, scale);
  }
}

SHOCKSTEP_CLONES
MultistepWeights warped_weights(int k, const double* ages, double h, double warp) {
  return gauss_weights<false>(k, ages, h, warp, 0);
}

SHOCKSTEP_CLONES
MultistepWeights weights_of_F(int k, const double* ages, double h, double warp, double scale) {
  return gauss_weights<true>(k, ages, h, warp, scale);
}

}  // namespace

MultistepWeights multistep_weights(std::span<const double> ages, double h, double warp, double scale) {
  assert(h != 0);
  if (!bent(warp, ages.back(), h)) warp = 0;
  const auto k = static_cast<int>(ages.size());
  if (scale > 0) return weights_of_F(k, ages.data(), h, warp, scale);
  if (warp > 0) return warped_weights(k, ages.data(), h, warp);
  switch (ages.size()) {
    case 1: return weights<1>(ages.data(), h);
    case 2: return weights<2>(ages.data(), h);
    case 3: return weights<3>(ages.data(), h);
    case 4: return weights<4>(ages.data(), h);
    default: assert(ages.size() == 5); return weights<5>(ages.data(), h);
  }
}

}  // namespace shockstep
