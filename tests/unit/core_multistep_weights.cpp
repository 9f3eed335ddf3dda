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
    double size = 1;  // of the terms that cancel in the basis
    const auto basis = [&](double u) {
      double value = 1;
      for (int j = 0; j < k; ++j)
        if (j != i) value *= (tau(u) - tau(-ages[j])) / (tau(-ages[i]) - tau(-ages[j]));
      return value;
    };
    for (int j = 0; j < k; ++j)
      if (j != i) size *= 1 + std::abs((tau(h) - tau(-ages[j])) / (tau(-ages[i]) - tau(-ages[j])));
    CHECK(std::abs(w.predict[i] - integral(basis, h)) < 1e-12 * h * size);
    CHECK(std::abs(w.extrapolate[i] - basis(h)) < 1e-12 * size);
  }
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
