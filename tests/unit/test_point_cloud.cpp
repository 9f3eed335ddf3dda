#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/models/gaussian_mixture.hpp>
#include <shockstep/models/point_cloud.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <thread>

using namespace shockstep;

namespace {

at::Tensor uniform(at::IntArrayRef shape, double low, double high, std::uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  return at::empty(shape, at::kDouble).uniform_(low, high, generator);
}

// x = p_k + sigma n for random k, ln sigma uniform.
struct Noised {
  at::Tensor x, sigma;
  Noised(const at::Tensor& points, std::int64_t B, double least, double most, std::uint64_t seed) {
    auto generator = at::detail::createCPUGenerator(seed);
    sigma = uniform({B}, std::log(least), std::log(most), seed + 100).exp();
    const auto k = at::randint(points.size(0), {B}, generator, at::kLong);
    x = points.index_select(0, k) + sigma.unsqueeze(1) * at::randn({B, points.size(1)}, generator, at::kDouble);
  }
};

// D from its definition in long double, at one x.
std::vector<long double> direct(const at::Tensor& points, double std, const double* x, double sigma) {
  using Real = long double;
  const auto n = points.size(0), d = points.size(1);
  const double* p = points.const_data_ptr<double>();
  const Real width2 = Real(std) * std, noise2 = Real(sigma) * sigma, v = width2 + noise2;
  std::vector<Real> q(n, 0), D(d, 0);
  Real sum = 0;
  for (std::int64_t k = 0; k < n; ++k)
    for (std::int64_t j = 0; j < d; ++j) q[k] += (Real(x[j]) - p[k * d + j]) * (Real(x[j]) - p[k * d + j]);
  const Real nearest = *std::min_element(q.begin(), q.end());
  for (auto& qk : q) sum += qk = std::exp(-(qk - nearest) / (2 * v));
  for (std::int64_t k = 0; k < n; ++k)
    for (std::int64_t j = 0; j < d; ++j) D[j] += q[k] / sum * (width2 * x[j] + noise2 * p[k * d + j]) / v;
  return D;
}

}  // namespace

TEST_CASE("a point cloud is the mixture of its points", "[point_cloud]") {
  const double std = GENERATE(0., .1);
  const auto d = GENERATE(1, 2, 16);
  const auto points = uniform({2100, d}, -1, 1, 1);  // three blocks of points
  const PointCloud cloud({.points = points, .std = std});
  const GaussianMixture mixture({.means = points, .stds = at::full({1}, std, at::kDouble)});
  CHECK(cloud.data_std() == Approx(mixture.data_std()).epsilon(1e-13));
  const Noised at(points, 200, .05, 100, 2);
  const auto difference = cloud.denoise(at.x, at.sigma) - mixture.denoise(at.x, at.sigma);
  CHECK(difference.abs().max().item<double>() < 1e-12);  // points are of size 1
}

TEST_CASE("a point cloud agrees with its definition in long double from sigma 1e-4 to 1e3", "[point_cloud]") {
  const double std = GENERATE(0., .1);
  const double shift = GENERATE(0., 100.);
  const auto points = uniform({1500, 8}, -1, 1, 3) + shift;
  const PointCloud cloud({.points = points, .std = std});
  const Noised at(points, 200, 1e-4, 1e3, 4);
  const auto D = cloud.denoise(at.x, at.sigma);
  for (std::int64_t i = 0; i < at.x.size(0); ++i) {
    const double* x = at.x.const_data_ptr<double>() + i * 8;
    const auto want = direct(points, std, x, at.sigma[i].item<double>());
    // The exponents of weights that matter are off by 1e-13, by a few eps of their size, 60 + d/2, and by the rounding of
    // x - c and p - c, eps of at most 1 (x is exact, points lie within 1 of the centre) times 2 |x - p|/(2 v); two points
    // compete only where they are as near to each other as sqrt(v), which is then what D can move by. The sum is rounded at
    // the size of c.
    const double tolerance = 2 * (2e-13 + 4 * 2.2e-16 * (60 + 16)) + 4 * 2.2e-16 * (1 + shift);
    for (std::int64_t j = 0; j < 8; ++j)
      REQUIRE(std::abs(double((long double)(D[i][j].item<double>()) - want[j])) < tolerance);
  }
}

TEST_CASE("without noise a point cloud is its nearest point", "[point_cloud]") {
  const auto points = uniform({1100, 5}, -1, 1, 5), x = uniform({100, 5}, -1, 1, 6);
  const PointCloud cloud({.points = points});
  const auto nearest = points.index_select(0, at::cdist(x, points).argmin(1));
  // The next nearest is further by far more than 1e-6 in |x - p|^2 for all of these x.
  const auto two = std::get<0>(at::cdist(x, points).square().topk(2, 1, false));
  REQUIRE((two.select(1, 1) - two.select(1, 0)).min().item<double>() > 1e-6);
  for (double sigma : {1e-5, 1e-100, 1e-200, 0.}) {
    const auto D = cloud.denoise(x, at::full({100}, sigma, at::kDouble));
    CHECK((D - nearest).abs().max().item<double>() <= 2.3e-16 * 2);  // c + (p - c), two roundings of numbers up to 2
  }
}

TEST_CASE("the denoiser of one point is that point", "[point_cloud]") {
  const auto point = uniform({1, 3, 2, 2}, -100, 100, 7);
  const PointCloud cloud({.points = point});
  CHECK(cloud.shape() == std::vector<std::int64_t>{3, 2, 2});
  CHECK(cloud.data_std() == 0);
  const auto x = uniform({70, 3, 2, 2}, -200, 200, 8), sigma = uniform({70}, 1e-3, 100, 9);
  CHECK(at::equal(cloud.denoise(x, sigma), point.expand({70, 3, 2, 2})));
}

TEST_CASE("a row of a point cloud has the same bits in any batch, place and thread", "[point_cloud]") {
  const auto points = uniform({5000, 64}, -1, 1, 10);
  const PointCloud cloud({.points = points});
  const Noised at(points, 150, 1e-3, 10, 11);
  const auto in_batches = [&](std::int64_t size) {
    std::vector<at::Tensor> parts;
    for (std::int64_t i = 0; i < 150; i += size) {
      const auto n = std::min<std::int64_t>(size, 150 - i);
      parts.push_back(cloud.denoise(at.x.narrow(0, i, n), at.sigma.narrow(0, i, n)));
    }
    return at::cat(parts);
  };
  const auto whole = in_batches(150);
  REQUIRE(whole.isfinite().all().item<bool>());
  for (std::int64_t size : {1, 7, 64, 100}) CHECK(at::equal(in_batches(size), whole));
  CHECK(at::equal(cloud.denoise(at.x.roll(37, 0), at.sigma.roll(37)), whole.roll(37, 0)));

  auto spoilt = at.x.clone();
  spoilt[5].fill_(NAN);
  auto beside = cloud.denoise(spoilt, at.sigma);
  CHECK(beside[5].isnan().all().item<bool>());
  beside[5] = whole[5];
  CHECK(at::equal(beside, whole));

  at::Tensor first, second;
  const auto work = [&](at::Tensor& out) {
    at::set_num_threads(1);
    for (int size : {50, 70}) out = in_batches(size);
  };
  std::thread a(work, std::ref(first)), b(work, std::ref(second));
  a.join(), b.join();
  CHECK(at::equal(first, whole));
  CHECK(at::equal(second, whole));
}

TEST_CASE("wrong settings of a point cloud are named", "[point_cloud]") {
  const auto message = [](const PointCloudOptions& options) -> std::string {
    try {
      PointCloud cloud(options);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  };
  const auto points = at::zeros({2, 3}, at::kDouble);
  CHECK(message({.points = points}) == "");
  CHECK(message({}) == "points: must be a list of points, shape [n, *shape], got nothing");
  CHECK(message({.points = points.narrow(0, 0, 0)}) ==
        "points: must be a list of points, shape [n, *shape], got [0, 3]");
  CHECK(message({.points = at::full({2}, NAN, at::kDouble)}) == "points: must be finite, got nan");
  CHECK(message({.points = points, .std = -1}) == "std: must not be negative, got -1");
  const PointCloud cloud({.points = points});
  CHECK_THROWS_AS(cloud.denoise(at::zeros({4, 2}, at::kDouble), at::ones({4}, at::kDouble)), ModelError);
  CHECK_THROWS_AS(cloud.denoise(at::zeros({4, 3}, at::kDouble), at::ones({3}, at::kDouble)), ModelError);
}
