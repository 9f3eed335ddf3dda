/// Where answers end: what is refused, and what a measured error rests on.
#include "support/problems.hpp"

#include "engine/pilot_field.hpp"
#include "engine/reference_paths.hpp"
#include "engine/solver_estimate.hpp"

#include <shockstep/error.hpp>
#include <shockstep/models/double_well.hpp>
#include <shockstep/models/multiplicative.hpp>
#include <shockstep/models/point_cloud.hpp>

#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>
#include <limits>

using namespace shockstep;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<double> plan_nodes(double data_std, int count) {
  FixedSteps steps{.schedule = Schedule::plan};
  steps.scales.data_std = data_std;
  return grid_sigmas(steps, Process(test::range()), count);
}

}  // namespace

TEST_CASE("Models whose squares overflow or vanish are refused by key") {
  const double huge = 1e200, tiny = 1e-200, inf = std::numeric_limits<double>::infinity();
  const auto mixture = [](double mean, double std, double weight) {
    return GaussianMixture({.means = at::tensor({0., mean}, at::kDouble).view({2, 1}),
                            .stds = at::scalar_tensor(std, at::kDouble),
                            .weights = at::tensor({1., weight}, at::kDouble)});
  };
  CHECK_NOTHROW(mixture(1e100, 1e-100, 1e-100));
  CHECK_THROWS_WITH(mixture(huge, 1, 1), ContainsSubstring("means: must be at most 1e100 in size, got 1e+200"));
  CHECK_THROWS_WITH(mixture(inf, 1, 1), "means: must be finite, got inf");
  CHECK_THROWS_WITH(mixture(1, tiny, 1), ContainsSubstring("std: must be at least 1e-100, got 1e-200"));
  CHECK_THROWS_WITH(mixture(1, 1, huge), ContainsSubstring("weights: must be at most 1e100"));
  CHECK_THROWS_WITH(PointCloud({.points = at::full({1, 1}, huge, at::kDouble)}), ContainsSubstring("points: must be"));
  CHECK_THROWS_WITH(DoubleWell({.beta = huge}), ContainsSubstring("beta: must be at most 1e12/a^4"));
  CHECK_THROWS_WITH(DoubleWell({.a = tiny}), ContainsSubstring("a: must be at least 1e-100"));
  CHECK_THROWS_WITH(Multiplicative(test::two_modes(), {.sigma = 1, .power = huge}),
                    ContainsSubstring("power: must be from"));
  CHECK_THROWS_WITH(Process(VarianceExploding{.sigma_min = tiny}),
                    ContainsSubstring("process.sigma_min: must be at least 1e-100"));
  CHECK_THROWS_WITH(Process(VarianceExploding{.sigma_max = huge}),
                    ContainsSubstring("process.sigma_max: must be at most 1e100"));
}

TEST_CASE("A pilot's references know what they err by") {
  // In one dimension the flow is known: that of quantiles.
  const auto model = std::make_shared<GaussianMixture>(GaussianMixtureOptions{
      .means = at::tensor({-1., .5}, at::kDouble).view({2, 1}), .stds = at::tensor({.5, .3}, at::kDouble)});
  constexpr int rows = 12;
  const int nodes = GENERATE(20, 30, 60);
  PilotField field(*model, rows, model->data_std());
  const ReferencePaths paths(field, plan_nodes(model->data_std(), nodes));
  const double sigma_min = test::range().sigma_min, scale = std::hypot(sigma_min, model->data_std());
  const PilotRows start = field.start(80), end = paths.end(Final::keep);
  const at::Tensor x = at::tensor(start, at::kDouble).view({rows, 1}) * std::hypot(80, model->data_std());
  const at::Tensor exact = model->flow(x, 80, sigma_min).view({rows});
  const double error = (at::tensor(end, at::kDouble) * scale - exact).pow(2).mean().sqrt().item<double>();
  const double stated = scale * paths.error(Final::keep);
  CAPTURE(nodes, error, stated);
  // It is the error of the integral: the model's answer to it makes the true one larger or smaller by a factor of order one.
  CHECK(stated > error / 4);
  CHECK(stated < error * 20);
}

TEST_CASE("An estimate is not below what its references err by") {
  CHECK(with_references(1e-3, 0) == Approx(1e-3).epsilon(1e-15));
  CHECK(with_references(1e-3, 1e-4) == Approx(1e-3).epsilon(3e-5));
  CHECK(with_references(1e-9, 1e-4) == Approx(1e-4).epsilon(1e-15));
  CHECK(with_references(0, 1e-4) == Approx(1e-4).epsilon(1e-15));
}

TEST_CASE("Points of so many numbers that each is a product of its own are those of a mixture") {
  // Rows in one call and alone have the same bits, and D of two points at +-p is p tanh(x.p/(sigma^2 + std^2)) shrunk towards x.
  constexpr std::int64_t d = (1 << 20) + 8;
  const at::Tensor p = at::full({d}, 1e-3, at::kDouble);
  const PointCloud cloud({.points = at::stack({p, -p}), .std = .1});
  const at::Tensor x = at::stack({at::full({d}, 2e-4, at::kDouble), at::full({d}, -1e-3, at::kDouble)});
  const at::Tensor sigma = at::tensor({.5, 2.}, at::kDouble), D = cloud.denoise(x, sigma);
  for (std::int64_t i = 0; i < 2; ++i) {
    CHECK(at::equal(D.narrow(0, i, 1), cloud.denoise(x.narrow(0, i, 1), sigma.narrow(0, i, 1))));
    const double s2 = std::pow(sigma[i].item<double>(), 2), v = s2 + .01, at = x[i][0].item<double>();
    const double expected = (s2 * 1e-3 * std::tanh(static_cast<double>(d) * at * 1e-3 / v) + .01 * at) / v;
    CHECK(std::abs(D[i][d - 1].item<double>() - expected) < 1e-14);
  }
}
