#include <shockstep/stepper.hpp>

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

/// The same with polynomials in tau(u) = asinh(warp e^u), by Gauss' rule: no closed form is known.
template <int K>
MultistepWeights warped_weights(const double* ages, double h, double warp) {
  MultistepWeights w;
  w.order = K;
  w.decay = std::exp(-h);

  std::array<double, K> t, slope, from;
  for (int i = 0; i < K; ++i) t[i] = std::asinh(warp * std::exp(-ages[i]));
  for (int i = 0; i < K; ++i) {
    double product = 1;
    for (int j = 0; j < K; ++j)
      if (j != i) product *= t[i] - t[j];
    slope[i] = 1 / product;
  }
  // Adds scale times Lagrange's basis at tau to `into`; returns N there, N(tau) = prod_i (tau - t_i).
  const auto add_basis = [&](double tau, double scale, auto& into) {
    double N = 1;
    for (int i = 0; i < K; ++i) {
      from[i] = tau - t[i];
      N *= from[i];
    }
    for (int i = 0; i < K; ++i) {
      double value = scale * slope[i];
      for (int j = 0; j < K; ++j)
        if (j != i) value *= from[j];
      into[i] += value;
    }
    return N;
  };
  const double N_at_h = add_basis(std::asinh(warp / w.decay), 1, w.extrapolate);
  const auto add_node = [&](double u, double rule) {
    const double e = std::exp(u), weight = rule * e * w.decay;
    w.correct += weight * add_basis(std::asinh(warp * e), weight, w.predict);
  };
  for (std::size_t q = 0; q < Gauss10::abscissa().size(); ++q) {
    const double a = Gauss10::abscissa()[q], rule = .5 * h * Gauss10::weights()[q];
    add_node(.5 * h * (1 - a), rule);
    add_node(.5 * h * (1 + a), rule);
  }
  w.correct /= N_at_h;
  return w;
}

template <int K>
MultistepWeights any_weights(const double* ages, double h, double warp) {
  // The nodes and the end of the step where s/sigma is smallest: behind, or ahead where the step goes up.
  const bool bent = warp > 0 && warp * std::exp(std::min(-ages[K - 1], h)) < straight;
  return bent ? warped_weights<K>(ages, h, warp) : weights<K>(ages, h);
}

}  // namespace

MultistepWeights multistep_weights(std::span<const double> ages, double h, double warp) {
  assert(h != 0);
  switch (ages.size()) {
    case 1: return any_weights<1>(ages.data(), h, warp);
    case 2: return any_weights<2>(ages.data(), h, warp);
    case 3: return any_weights<3>(ages.data(), h, warp);
    case 4: return any_weights<4>(ages.data(), h, warp);
    default: assert(ages.size() == 5); return any_weights<5>(ages.data(), h, warp);
  }
}

}  // namespace shockstep
