#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/models/gaussian_mixture.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <thread>

using namespace shockstep;

namespace {

using Real = long double;

at::Tensor uniform(at::IntArrayRef shape, double low, double high, std::uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::empty(shape, at::kDouble).uniform_(low, high, generator);
}

GaussianMixture ring() {
  const auto angle = at::arange(8, at::kDouble) * (M_PI / 4);
  return GaussianMixture(
      {.means = at::stack({angle.cos(), angle.sin()}, 1), .stds = at::scalar_tensor(.05, at::kDouble)});
}

GaussianMixture hundred_modes(bool one_width = true) {
  return GaussianMixture({.means = uniform({100, 64}, -1, 1, 1),
                          .stds = one_width ? at::full({1}, .1, at::kDouble) : uniform({100}, .05, .3, 2),
                          .weights = uniform({100}, .5, 1, 3)});
}

// Random covariances with a spread of eigenvalues of about 100.
at::Tensor covariances(std::int64_t K, std::int64_t d, std::uint64_t seed) {
  const auto A = uniform({K, d, d}, -1, 1, seed) * uniform({1, 1, d}, .03, .3, seed + 1);
  return at::matmul(A, A.transpose(1, 2)) / double(d);
}

GaussianMixture anisotropic() {
  return GaussianMixture(
      {.means = uniform({5, 6}, -1, 1, 4), .covariances = covariances(5, 6, 5), .weights = uniform({5}, .5, 1, 7)});
}

// Points x = mu_k + sigma n for random k, and noise levels from 1e-4 to 1e3, so that every regime is met.
struct Points {
  at::Tensor x, sigma;
  Points(std::int64_t B, const at::Tensor& means, std::uint64_t seed) {
    auto generator = at::detail::createCPUGenerator(seed);
    const auto lam = uniform({B}, std::log(1e-4), std::log(1e3), seed + 100);
    sigma = lam.exp();
    const auto k = at::randint(means.size(0), {B}, generator, at::kLong);
    x = means.index_select(0, k) + sigma.unsqueeze(1) * at::randn({B, means.size(1)}, generator, at::kDouble);
  }
};

// D from its definition in long double, isotropic components.
std::vector<Real> direct(const at::Tensor& means, const at::Tensor& stds, const at::Tensor& weights, const double* x,
                         Real sigma) {
  const auto K = means.size(0), d = means.size(1);
  std::vector<Real> logit(K), D(d);
  Real top = -INFINITY, sum = 0;
  const auto variance = [&](std::int64_t k) { return std::pow(Real(stds.const_data_ptr<double>()[k]), 2); };
  for (std::int64_t k = 0; k < K; ++k) {
    const Real v = variance(k) + sigma * sigma;
    const double* mu = means.const_data_ptr<double>() + k * d;
    Real q = 0;
    for (std::int64_t j = 0; j < d; ++j) q += (Real(x[j]) - mu[j]) * (Real(x[j]) - mu[j]);
    logit[k] = std::log(Real(weights[k].item<double>())) - Real(d) / 2 * std::log(v) - q / (2 * v);
    top = std::max(top, logit[k]);
  }
  for (auto& l : logit) sum += (l = std::exp(l - top));
  for (std::int64_t k = 0; k < K; ++k) {
    const Real v = variance(k) + sigma * sigma, r = logit[k] / sum;
    for (std::int64_t j = 0; j < d; ++j) {
      const Real mu = means.const_data_ptr<double>()[k * d + j];
      D[j] += r * (mu + variance(k) / v * (Real(x[j]) - mu));
    }
  }
  return D;
}

// Evaluates in batches of `size` and glues the results together.
at::Tensor in_batches(const ScoreModel& model, const Points& points, std::int64_t size) {
  std::vector<at::Tensor> parts;
  for (std::int64_t i = 0; i < points.x.size(0); i += size) {
    const auto n = std::min(size, points.x.size(0) - i);
    parts.push_back(model.denoise(points.x.narrow(0, i, n), points.sigma.narrow(0, i, n)));
  }
  return at::cat(parts);
}

}  // namespace

TEST_CASE("the denoiser agrees with its definition in long double from sigma 1e-4 to 1e3", "[mixture]") {
  struct Case {
    const char* name;
    std::int64_t K, d;
    double low, high;  // of the widths
  };
  const auto c = GENERATE(Case{"few", 8, 2, .05, .05}, Case{"few of all widths", 7, 3, .05, .3},
                          Case{"few points", 6, 2, 0, 0}, Case{"many", 100, 64, .1, .1},
                          Case{"many of all widths", 131, 63, .05, .3}, Case{"many points", 200, 16, 0, 0});
  INFO(c.name);
  const auto means = uniform({c.K, c.d}, -1, 1, 1), stds = uniform({c.K}, c.low, c.high, 2),
             weights = uniform({c.K}, .5, 1, 3);
  const GaussianMixture model({.means = means, .stds = stds, .weights = weights / weights.sum()});
  const Points points(300, means, 4);
  const auto D = model.denoise(points.x, points.sigma);
  REQUIRE(D.isfinite().all().item<bool>());
  for (std::int64_t i = 0; i < points.x.size(0); ++i) {
    const double sigma = points.sigma[i].item<double>();
    const auto want = direct(means, stds, weights / weights.sum(), points.x.const_data_ptr<double>() + i * c.d, sigma);
    // Logits of the components that matter are off by some eps of their own size, 60 + d/2, and by d eps in its summation;
    // D by that times the spread of the means, here at most 2.
    const double tolerance = 2 * 4 * 2.2e-16 * (60 + 2 * double(c.d));
    for (std::int64_t j = 0; j < c.d; ++j)
      REQUIRE(std::abs(double(Real(D[i][j].item<double>()) - want[j])) < tolerance);
  }
}

TEST_CASE("on the edge between two points at sigma 1e-4 the logits keep their leading digits", "[mixture]") {
  const GaussianMixture model(
      {.means = at::tensor({-1., 1.}, at::kDouble).reshape({2, 1}), .stds = at::zeros({1}, at::kDouble)});
  for (double phi : {-3., -.5, 0., .01, 2.}) {
    const double sigma = 1e-4, x = phi * sigma * sigma / 2;  // ln r_+/r_- = 2 x/sigma^2
    const auto D = model.denoise(at::full({1, 1}, x, at::kDouble), at::full({1}, sigma, at::kDouble));
    // Each squared distance is 1 and off by about 2 eps, over 2 sigma^2: 2e-8; dD/dphi <= 1/2.
    CHECK(D.item<double>() == Approx(std::tanh(phi / 2)).margin(2e-8));
  }
}

TEST_CASE("covariances s^2 I are the isotropic mixture", "[mixture]") {
  const auto means = uniform({6, 5}, -1, 1, 8), stds = uniform({6}, .1, .4, 9), weights = uniform({6}, .5, 1, 10);
  const GaussianMixture isotropic({.means = means, .stds = stds, .weights = weights});
  const GaussianMixture full(
      {.means = means, .covariances = stds.square().reshape({6, 1, 1}) * at::eye(5, at::kDouble), .weights = weights});
  CHECK(full.data_std() == Approx(isotropic.data_std()).epsilon(1e-14));
  const Points points(200, means, 11);
  // Both are right to a few 1e-13 (above); scores are of size 1/sigma, logits of size up to 60.
  const auto near = [&](const at::Tensor& a, const at::Tensor& b, const at::Tensor& scale) {
    return ((a - b).abs().reshape({200, -1}).amax(1) / scale).max().item<double>();
  };
  const auto one = at::ones({200}, at::kDouble), v = points.sigma.square() + .01;
  CHECK(near(full.denoise(points.x, points.sigma), isotropic.denoise(points.x, points.sigma), one) < 1e-12);
  CHECK(near(full.score(points.x, points.sigma), isotropic.score(points.x, points.sigma), v.rsqrt()) < 1e-12);
  CHECK(near(full.jacobian(points.x, points.sigma), isotropic.jacobian(points.x, points.sigma), one) < 1e-12);
  CHECK(near(full.log_density(points.x, points.sigma), isotropic.log_density(points.x, points.sigma), one) < 1e-12);
}

TEST_CASE("a rotated mixture is rotated", "[mixture]") {
  const auto C = covariances(5, 6, 5), means = uniform({5, 6}, -1, 1, 4), weights = uniform({5}, .5, 1, 7);
  const auto Q = std::get<0>(at::linalg_qr(uniform({6, 6}, -1, 1, 12)));
  const GaussianMixture model({.means = means, .covariances = C, .weights = weights});
  const GaussianMixture rotated(
      {.means = means.matmul(Q), .covariances = Q.t().matmul(C).matmul(Q), .weights = weights});
  const Points points(200, means, 13);
  // Q is orthogonal to 1e-15, which eigenvalues down to 1e-4 turn into 1e-11 of a logit at most (q <= 60, relative 1e-11
  // of v only where sigma^2 < 1e-4).
  const auto difference =
      model.denoise(points.x, points.sigma).matmul(Q) - rotated.denoise(points.x.matmul(Q), points.sigma);
  CHECK(difference.abs().max().item<double>() < 1e-10);
}

TEST_CASE("score, Jacobian and denoiser are derivatives of one density", "[mixture]") {
  const auto model = anisotropic();
  const Points points(64, uniform({5, 6}, -1, 1, 4), 14);
  const auto x = points.x, sigma = points.sigma.clamp(.05, 10);
  const auto D = model.denoise(x, sigma), s = model.score(x, sigma), s2 = sigma.square().unsqueeze(1);
  CHECK(((D - x) / s2 - s).abs().max().item<double>() < 1e-15 * 1e3 / .0025);  // |x| eps / sigma^2
  // Central differences with step h = 1e-4 sigma: error h^2/6 times a third derivative of order 1/sigma^2, and eps/h.
  for (int j = 0; j < 6; ++j) {
    auto step = at::zeros({1, 6}, at::kDouble);
    step[0][j] = 1;
    const auto h = 1e-4 * sigma.unsqueeze(1);
    const auto slope = (model.denoise(x + h * step, sigma) - model.denoise(x - h * step, sigma)) / (2 * h);
    CHECK((slope - model.jacobian(x, sigma).select(2, j)).abs().max().item<double>() < 1e-5);
  }
}

TEST_CASE("a row has the same bits in any batch, place and thread", "[mixture]") {
  const auto models = {ring(), hundred_modes(), hundred_modes(false), anisotropic()};
  for (const auto& model : models) {
    INFO(model.describe());
    const auto d = model.dimension();
    const Points points(256, uniform({20, d}, -1, 1, 15), 16);
    const auto whole = model.denoise(points.x, points.sigma);
    for (std::int64_t size : {1, 7, 8, 64, 100}) CHECK(at::equal(in_batches(model, points, size), whole));

    for (int shift : {1, 3, 37}) {
      const auto rolled = model.denoise(points.x.roll(shift, 0), points.sigma.roll(shift));
      CHECK(at::equal(rolled, whole.roll(shift, 0)));
    }

    auto spoilt = points.x.clone();
    spoilt[5].fill_(NAN);
    auto beside = model.denoise(spoilt, points.sigma);
    CHECK(beside[5].isnan().all().item<bool>());
    beside[5] = whole[5];
    CHECK(at::equal(beside, whole));

    at::Tensor first, second;
    const auto work = [&](at::Tensor& out) {
      at::set_num_threads(1);
      for (int repeat = 0; repeat < 20; ++repeat) out = in_batches(model, points, 60 + repeat);
    };
    std::thread a(work, std::ref(first)), b(work, std::ref(second));
    a.join(), b.join();
    CHECK(at::equal(first, whole));
    CHECK(at::equal(second, whole));
  }
}

TEST_CASE("two mixtures share a thread's scratch, in and out of inference mode", "[mixture]") {
  const auto a = hundred_modes(), b = anisotropic();
  const Points pa(70, uniform({20, 64}, -1, 1, 17), 18), pb(70, uniform({20, 6}, -1, 1, 19), 20);
  const auto wa = a.denoise(pa.x, pa.sigma), wb = b.denoise(pb.x, pb.sigma);
  CHECK(at::equal(a.denoise(pa.x, pa.sigma), wa));
  {
    const c10::InferenceMode guard;
    CHECK(at::equal(b.denoise(pb.x, pb.sigma), wb));
  }
  CHECK(at::equal(b.denoise(pb.x, pb.sigma), wb));
  CHECK_FALSE(wa.is_inference());
}

TEST_CASE("data_std is the root mean square width of the mixture", "[mixture]") {
  // +-1 with width .1: variance 1.01; in two dimensions, one of them empty: (1.01 + .01)/2.
  const auto means = at::tensor({-1., 0., 1., 0.}, at::kDouble).reshape({2, 2});
  CHECK(GaussianMixture({.means = means, .stds = at::full({1}, .1, at::kDouble)}).data_std() ==
        Approx(std::sqrt(.51)).epsilon(1e-14));
}

TEST_CASE("semi-definite covariances are taken, wrong options are named", "[mixture]") {
  const auto means = at::zeros({2, 2}, at::kDouble),
             flat = at::tensor({1., 1., 1., 1.}, at::kDouble).reshape({1, 2, 2});
  const auto std = at::full({1}, .1, at::kDouble);
  const auto key = [](const GaussianMixtureOptions& options) -> std::string {
    try {
      GaussianMixture model(options);
    } catch (const ConfigError& e) {
      CHECK(std::string(e.what()).find('\n') == std::string::npos);
      return e.key();
    }
    return "";
  };
  CHECK(key({.means = means, .covariances = flat.repeat({2, 1, 1})}) == "");  // eigenvalue 0, or -1e-17
  CHECK(key({.means = means, .stds = std}) == "");
  CHECK(key({.means = means.to(at::kFloat), .stds = at::ones({2}, at::kFloat)}) == "");

  CHECK(key({.stds = std}) == "means");
  CHECK(key({.means = at::zeros({2}, at::kDouble), .stds = std}) == "means");
  CHECK(key({.means = at::full({2, 2}, NAN, at::kDouble), .stds = std}) == "means");
  CHECK(key({.means = means}) == "std");
  CHECK(key({.means = means, .stds = std, .covariances = flat.repeat({2, 1, 1})}) == "std");
  CHECK(key({.means = means, .stds = -std}) == "std");
  CHECK(key({.means = means, .stds = std.repeat({3})}) == "std");
  CHECK(key({.means = means, .covariances = flat}) == "covariances");
  CHECK(key({.means = means,
             .covariances = at::tensor({1., 2., 2., 1.}, at::kDouble).reshape({1, 2, 2}).repeat({2, 1, 1})}) ==
        "covariances");
  CHECK(key({.means = means,
             .covariances = at::tensor({1., .5, 0., 1.}, at::kDouble).reshape({1, 2, 2}).repeat({2, 1, 1})}) ==
        "covariances");
  CHECK(key({.means = means, .stds = std, .weights = at::ones({3}, at::kDouble)}) == "weights");
  CHECK(key({.means = means, .stds = std, .weights = at::zeros({2}, at::kDouble)}) == "weights");
}

TEST_CASE("inputs of the wrong shape are refused", "[mixture]") {
  const auto model = ring();
  CHECK_THROWS_AS(model.denoise(at::zeros({4, 3}, at::kDouble), at::ones({4}, at::kDouble)), ModelError);
  CHECK_THROWS_AS(model.denoise(at::zeros({4, 2}, at::kDouble), at::ones({3}, at::kDouble)), ModelError);
}
