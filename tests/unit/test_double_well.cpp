#include "support/problems.hpp"

#include <shockstep/error.hpp>
#include <shockstep/models/double_well.hpp>

#include <boost/math/quadrature/gauss_kronrod.hpp>

#include <cmath>

using namespace shockstep;

namespace {

using Real = long double;

struct Moments {
  double mean, variance;
};

// Posterior moments by the definition: Gauss-Kronrod in long double over panels finer than the integrand, wherever the
// density or the noise leaves more than e^-60 of its own peak.
Moments quadrature(Real a, Real beta, Real x, Real sigma) {
  const auto E = [=](Real y) {
    const Real well = y * y - a * a, pull = (y - x) / sigma;
    return beta * well * well + pull * pull / 2;
  };
  // E <= E(a) + 80 only there, as E is at least its first term and E(a) has none.
  const Real reach = std::sqrt(a * a + std::sqrt((80 + (x - a) * (x - a) / (2 * sigma * sigma)) / beta));
  const Real low = -reach, high = reach;
  Real lowest = INFINITY, at = 0;
  const int panels = 4000;
  for (int i = 0; i <= panels; ++i)
    if (const Real y = low + (high - low) * i / panels; E(y) < lowest) lowest = E(y), at = y;
  const Real from = std::max(low, at - 60 * sigma - 2 * (high - low) / panels),
             to = std::min(high, at + 60 * sigma + 2 * (high - low) / panels);
  const Real width = (to - from) / 200;
  Real mass = 0, first = 0, second = 0;
  for (int i = 0; i < 200; ++i) {
    const auto over = [&](auto g) {
      return boost::math::quadrature::gauss_kronrod<Real, 31>::integrate(g, from + i * width, from + (i + 1) * width,
                                                                         0);
    };
    mass += over([&](Real y) { return std::exp(lowest - E(y)); });
    first += over([&](Real y) { return (y - at) * std::exp(lowest - E(y)); });
    second += over([&](Real y) { return (y - at) * (y - at) * std::exp(lowest - E(y)); });
  }
  first /= mass, second /= mass;
  return {double(at + first), double(second - first * first)};
}

double D(const DoubleWell& model, double x, double sigma) {
  return model.denoise(at::full({1, 1}, x, at::kDouble), at::full({1}, sigma, at::kDouble)).item<double>();
}

}  // namespace

TEST_CASE("the double well's denoiser is its integral, at every sigma", "[double_well]") {
  const auto [a, beta] = GENERATE(std::pair(1., 4.), std::pair(1., 40.), std::pair(.3, 2.), std::pair(2., 4.));
  const DoubleWell model({.a = a, .beta = beta});
  for (double sigma : {1e-3, 1e-2, .05, .2, .5, 1., 3., 20., 100.})
    for (double position : {1e-3, .1, .5, 1., 1.3, 3.}) {
      const double x = position * std::sqrt(a * a + sigma * sigma);
      const auto [mean, variance] = quadrature(a, beta, x, sigma);
      CAPTURE(a, beta, sigma, x);
      CHECK(std::abs(D(model, x, sigma) - mean) < 1e-12 * std::max(1., x));
      // dD/dx = Var/sigma^2. Step h = 1e-3 sigma: its error is h^2/6 D''' with D''' below (a/sigma)^4/sigma^2 or so where the
      // two wells compete, and eps |D|/h.
      const double h = 1e-3 * sigma / (1 + a / sigma),
                   slope = (D(model, x + h, sigma) - D(model, x - h, sigma)) / (2 * h);
      const double steepness = 1 + a / sigma;
      CHECK(std::abs(slope - variance / (sigma * sigma)) < 1e-6 * steepness * steepness + 1e-15 * (1 + x) / h);
    }
}

TEST_CASE("the double well is odd, finite far away, and has the same bits in any batch", "[double_well]") {
  const DoubleWell model({});
  const auto sigma = at::logspace(-6, 3, 200, 10, at::kDouble),
             x = at::linspace(-1000, 1001, 200, at::kDouble).view({200, 1});
  const auto whole = model.denoise(x, sigma);
  CHECK(whole.isfinite().all().item<bool>());
  CHECK(at::equal(model.denoise(-x, sigma), -whole));
  CHECK(D(model, 0, .1) == 0);
  CHECK(std::isnan(D(model, NAN, 1)));
  for (std::int64_t i = 0; i < 200; ++i)
    REQUIRE(at::equal(model.denoise(x.narrow(0, i, 1), sigma.narrow(0, i, 1)), whole.narrow(0, i, 1)));
}

TEST_CASE("samples of the double well have the mean square of its density", "[double_well]") {
  const auto model = std::make_shared<DoubleWell>(DoubleWellOptions{});
  // The density is the posterior at endless noise: at sigma = 1e8 they differ by 1e-16.
  const double mean_square = quadrature(1, 4, 0, 1e8).variance;
  CHECK(model->data_std() == Approx(std::sqrt(mean_square)).epsilon(1e-13));
  const std::int64_t n = 2000;
  const auto x = Sampler(model, test::range(), test::unguarded(1e-4)).sample({.count = n}).samples.view({-1});
  const auto square = x.square();
  // Five standard errors; sigma_min = .01 adds 1e-4, sigma_max = 80 and the tolerance less.
  const double error = square.std().item<double>() / std::sqrt(double(n));
  CHECK(std::abs(square.mean().item<double>() - mean_square) < 5 * error + 3e-4);
  CHECK(std::abs(x.mean().item<double>()) < 5 * std::sqrt(mean_square / double(n)));
}

TEST_CASE("wrong settings of a double well are named", "[double_well]") {
  CHECK_THROWS_WITH(DoubleWell({.a = 0}), "a: must be positive, got 0");
  CHECK_THROWS_WITH(DoubleWell({.beta = -1}), "beta: must be positive, got -1");
  CHECK_THROWS_AS(DoubleWell({}).denoise(at::zeros({4, 2}, at::kDouble), at::ones({4}, at::kDouble)), ModelError);
}
