#include <shockstep/stepper.hpp>

#include <cassert>
#include <cmath>

namespace shockstep {
namespace {

constexpr int terms = max_multistep_order + 1;

/// m_j = int_0^1 e^-h(1-t) t^j dt for j < n. They satisfy m_j = (1 - j m_{j-1})/h, which cancels upward for small h and
/// is stable downward, m_{j-1} = (1 - h m_j)/j; the highest one comes from its series j! sum_i (-h)^i/(j+1+i)!.
void moments(double h, int n, std::array<double, terms>& m) {
  if (h > 2) {
    m[0] = -std::expm1(-h) / h;
    for (int j = 1; j < n; ++j) m[j] = (1 - j * m[j - 1]) / h;
    return;
  }
  double term = 1. / n, sum = 0;
  for (int i = 1; std::abs(term) > 1e-18; ++i) {
    sum += term;
    term *= -h / (n + i);
  }
  m[n - 1] = sum;
  for (int j = n - 1; j > 0; --j) m[j - 1] = (1 - h * m[j]) / j;
}

}  // namespace

MultistepWeights multistep_weights(std::span<const double> ages, double h) {
  const int k = static_cast<int>(ages.size());
  assert(k >= 1 && k <= max_multistep_order && h > 0);
  MultistepWeights w;
  w.order = k;
  w.decay = std::exp(-h);

  std::array<double, terms> m;
  moments(h, k + 1, m);

  std::array<double, max_multistep_order> t;  // nodes in units of the step, t = u/h: the newest at 0, the others before
  for (int i = 0; i < k; ++i) t[i] = -ages[i] / h;

  // Coefficients in powers of t of N(t) = prod_i (t - t_i).
  std::array<double, terms> N{1};
  for (int i = 0; i < k; ++i)
    for (int j = i + 1; j >= 0; --j) N[j] = (j > 0 ? N[j - 1] : 0) - t[i] * (j <= i ? N[j] : 0);
  double N_at_1 = 1;
  for (int i = 0; i < k; ++i) N_at_1 *= 1 - t[i];
  double integral = 0;
  for (int j = 0; j <= k; ++j) integral += N[j] * m[j];
  w.correct = h * integral / N_at_1;

  // Lagrange's basis l_i(t) = prod_{j != i} (t - t_j)/(t_i - t_j): divide N by (t - t_i) and normalise.
  for (int i = 0; i < k; ++i) {
    std::array<double, terms> quotient;
    double carry = 0, slope = 1;
    for (int j = k; j > 0; --j) quotient[j - 1] = carry = N[j] + t[i] * carry;
    for (int j = 0; j < k; ++j)
      if (j != i) slope *= t[i] - t[j];
    double weight = 0, value = 0;
    for (int j = 0; j < k; ++j) weight += quotient[j] * m[j], value += quotient[j];
    w.predict[i] = h * weight / slope;
    w.extrapolate[i] = value / slope;
  }
  return w;
}

}  // namespace shockstep
