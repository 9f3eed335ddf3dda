#include "support/test.hpp"

#include <shockstep/stepper.hpp>

#include <boost/math/quadrature/gauss.hpp>

#include <array>
#include <cmath>

using namespace shockstep;

namespace {

constexpr std::array ages{0., .3, .7, 1.5, 1.6};

/// int_0^h e^-(h-u) f(u) du; Gauss with 30 nodes is exact to rounding for polynomials times e^u on h <= 8.
template <class F>
double integral(F f, double h) {
  return boost::math::quadrature::gauss<double, 30>::integrate([&](double u) { return std::exp(u - h) * f(u); }, 0., h);
}

/// Lagrange's basis in tau, 1 at the node u = -nodes[i] and 0 at the others of k.
double lagrange(const std::array<double, 5>& nodes, int k, int i, const auto& tau, double u) {
  double value = 1;
  for (int j = 0; j < k; ++j)
    if (j != i) value *= (tau(u) - tau(-nodes[j])) / (tau(-nodes[i]) - tau(-nodes[j]));
  return value;
}

/// Size of the terms that cancel in it at u.
double cancelling(const std::array<double, 5>& nodes, int k, int i, const auto& tau, double u) {
  double size = 1;
  for (int j = 0; j < k; ++j)
    if (j != i) size *= 1 + std::abs((tau(u) - tau(-nodes[j])) / (tau(-nodes[i]) - tau(-nodes[j])));
  return size;
}

}  // namespace

TEST_CASE("Weights integrate the interpolating polynomial against the exponential") {
  const double h = GENERATE(1e-6, 1e-3, .05, .4, 1., 1.9, 2.1, 4., 8.);
  const int k = GENERATE(1, 2, 3, 4, 5);
  const auto w = multistep_weights({ages.data(), static_cast<std::size_t>(k)}, h);
  CAPTURE(h, k);
  CHECK(w.order == k);
  CHECK(w.decay == std::exp(-h));
  for (int i = 0; i < k; ++i) {
    const auto basis = [&](double u) {  // Lagrange: 1 at node i, 0 at the others
      double value = 1;
      for (int j = 0; j < k; ++j)
        if (j != i) value *= (u + ages[j]) / (ages[j] - ages[i]);
      return value;
    };
    // Cancellation in the Lagrange basis costs up to the size of its values, a few hundred at h = 8, k = 5.
    const double scale = 1 + std::abs(basis(h));
    CHECK(std::abs(w.predict[i] - integral(basis, h)) < 1e-13 * h * scale);
    CHECK(std::abs(w.extrapolate[i] - basis(h)) < 1e-13 * scale);
  }
  const auto newton = [&](double u) {
    double value = 1;
    for (int i = 0; i < k; ++i) value *= (u + ages[i]) / (h + ages[i]);
    return value;
  };
  CHECK(w.correct == Approx(integral(newton, h)).epsilon(1e-12));
}

TEST_CASE("A constant D is integrated exactly") {
  // x(h) = e^-h x + (1 - e^-h) D for any step: the weights add up to 1 - e^-h, the extrapolation to 1.
  for (const double h : {1e-5, .2, 1.7, 6.}) {
    const auto w = multistep_weights({ages.data(), 3}, h);
    CHECK(w.predict[0] + w.predict[1] + w.predict[2] == Approx(-std::expm1(-h)).epsilon(1e-13));
    CHECK(w.extrapolate[0] + w.extrapolate[1] + w.extrapolate[2] == Approx(1).epsilon(1e-13));
  }
}

TEST_CASE("Warped weights integrate the polynomial in asinh(s/sigma)") {
  const double warp = GENERATE(1e-3, .05, .7, 4., 25.);  // s/sigma at the newest node
  const double h = GENERATE(1e-3, .05, .4, 1.);
  const int k = GENERATE(1, 2, 3, 4, 5);
  const auto w = multistep_weights({ages.data(), static_cast<std::size_t>(k)}, h, warp);
  CAPTURE(warp, h, k);
  const auto tau = [&](double u) { return std::asinh(warp * std::exp(u)); };
  for (int i = 0; i < k; ++i) {
    const auto basis = [&](double u) { return lagrange(ages, k, i, tau, u); };
    const double size = cancelling(ages, k, i, tau, h);
    CHECK(std::abs(w.predict[i] - integral(basis, h)) < 1e-12 * h * size);
    CHECK(std::abs(w.extrapolate[i] - basis(h)) < 1e-12 * size);
  }
}

TEST_CASE("Weights of F integrate the polynomial against its kernel") {
  // x = q y, q = sqrt(sigma^2 + s^2): dy/dlam = F sigma/(sigma^2 + s^2), F in units of the data.
  const double scale = GENERATE(1e-3, .05, .7, 4., 300.);  // s/sigma at the newest node, sigma = 1
  const double warp = GENERATE(0., 1.), h = GENERATE(1e-3, .4, 1., -.4);
  const int k = GENERATE(1, 2, 3, 4, 5);
  if (warp > 0 && scale > 100) return;  // tau is lam there, but for 1e-4
  CAPTURE(scale, warp, h, k);
  std::array<double, 5> nodes = ages;
  for (double& age : nodes) age *= h > 0 ? 1 : -1;
  const auto w = multistep_weights({nodes.data(), static_cast<std::size_t>(k)}, h, warp * scale, scale);
  const auto q = [&](double u) { return std::hypot(std::exp(-u), scale); };
  const auto tau = [&](double u) { return warp > 0 ? std::asinh(scale * std::exp(u)) : u; };
  CHECK(w.decay == Approx(q(h) / q(0)).epsilon(1e-13));
  CHECK(w.gain == Approx(q(h) / std::exp(-h)).epsilon(1e-13));
  CHECK(w.skip == Approx(std::pow(scale / q(h), 2)).epsilon(1e-13));
  for (int i = 0; i < k; ++i) {
    const auto basis = [&](double u) { return lagrange(nodes, k, i, tau, u); };
    const double size = cancelling(nodes, k, i, tau, h);
    const auto integrand = [&](double u) { return q(h) * std::exp(-u) / (q(u) * q(u)) * basis(u); };
    const double exact = boost::math::quadrature::gauss<double, 30>::integrate(integrand, 0., h);
    // Ten nodes: r/(1 + r^2) has poles pi/2 from the real axis, which leaves 1e-11 of a step of length 1.
    CHECK(std::abs(w.predict[i] - exact) < 2e-11 * std::abs(h) * size);
    CHECK(std::abs(w.extrapolate[i] - basis(h)) < 1e-12 * size);
  }
}

TEST_CASE("A Gaussian's probability flow is exact in one step of F of its own scale") {
  // D = c x, c = s^2/(s^2 + sigma^2): F is 0.
  const double s = .5, sigma = 40, h = GENERATE(.1, 1., 5.);
  const auto w = multistep_weights(std::array{0.}, h, 0, s / sigma);
  const double x = 1.7, end = sigma * std::exp(-h), x_end = x * std::hypot(s, end) / std::hypot(s, sigma);
  CHECK(w.decay * x == Approx(x_end).epsilon(1e-14));
  CHECK(std::abs(w.gain * (s * s / (s * s + end * end) - w.skip)) < 1e-14 * w.gain);
}

TEST_CASE("A Gaussian's probability flow is exact with two warped values") {
  // Data of standard deviation s: x = sqrt(s^2 + sigma^2), D = s^2/sqrt(s^2 + sigma^2). Far above s that is s^2/sigma up to
  // (s/sigma)^2, linear in tau = asinh(s/sigma) up to the same order; a polynomial in lam is off by a share of D itself.
  const double s = .5, sigma = 40, h = 1, age = .8;
  const auto D = [&](double v) { return s * s / std::sqrt(s * s + v * v); };
  const auto x = [&](double v) { return std::sqrt(s * s + v * v); };
  const std::array two{0., age};
  const auto step = [&](double warp) {
    const auto w = multistep_weights(two, h, warp);
    const double end = w.decay * x(sigma) + w.predict[0] * D(sigma) + w.predict[1] * D(sigma * std::exp(age));
    return std::abs(end - x(sigma * std::exp(-h)));
  };
  const double quadratic = std::pow(s / sigma * std::exp(h), 2);  // (s/sigma)^2 at the end of the step
  CHECK(step(s / sigma) < quadratic * D(sigma * std::exp(-h)));
  CHECK((step(0) > .05 * D(sigma) && step(0) < D(sigma)));
}
