/// Distances between distributions, against closed forms.
#include "support/problems.hpp"

#include "engine/energy_distance.hpp"
#include "engine/mode_weights.hpp"
#include "engine/sliced_wasserstein.hpp"

#include <cmath>
#include <numbers>

using namespace shockstep;

namespace {

GaussianMixture normal(std::int64_t d) {
  return GaussianMixture({.means = at::zeros({1, d}, at::kDouble), .stds = at::ones({1}, at::kDouble)});
}

/// E|z| of z ~ N(mean, std^2).
double folded(double mean, double std) {
  return std * std::sqrt(2 / std::numbers::pi) * std::exp(-mean * mean / (2 * std * std)) +
         mean * std::erf(mean / (std * std::numbers::sqrt2));
}

at::Tensor row(std::initializer_list<double> values) { return at::tensor(std::vector<double>(values), at::kDouble); }

}  // namespace

TEST_CASE("exact samples have the moments of the mixture, row by row") {
  const at::Tensor C =
      at::stack({at::tensor({2., .6, .6, .5}, at::kDouble).view({2, 2}), .1 * at::eye(2, at::kDouble)});
  const GaussianMixture m({.means = row({-10, 20, 30, -40}).view({2, 2}), .covariances = C, .weights = row({.3, .7})});
  const std::int64_t n = 100'000;
  const double sigma = .5;
  const at::Tensor x = m.draw(n, sigma, 7);
  CHECK(at::equal(m.draw(10, sigma, 7), x.narrow(0, 0, 10)));
  const at::Tensor first =
      x.select(1, 0) < x.select(1, 1);  // the components lie on either side of x1 = x2, far from it
  const double share = first.to(at::kDouble).mean().item<double>();
  CHECK(std::abs(share - .3) < 5 * std::sqrt(.3 * .7 / n));
  const at::Tensor own = x.index_select(0, first.nonzero().squeeze(1));
  const at::Tensor centred = own - own.mean(0);
  const at::Tensor found = at::mm(centred.t(), centred) / own.size(0);
  // Variances are 2.25 at most; that of a second moment is below 2 v^2, and five standard errors are allowed.
  CHECK((found - C[0] - sigma * sigma * at::eye(2, at::kDouble)).abs().max().item<double>() <
        5 * std::sqrt(2.) * 2.25 / std::sqrt(.3 * n));
}

TEST_CASE("the energy distance of two normal distributions") {
  const double shift = GENERATE(0., .5, 2.);
  const GaussianMixture m = normal(1);
  const Estimate found = energy_distance(m.draw(4000, 0, 11), m.draw(3000, 0, 12) + shift);
  const double right = 2 * folded(shift, std::numbers::sqrt2) - 2 * folded(0, std::numbers::sqrt2);
  CAPTURE(shift, found.value, found.standard_error, right);
  CHECK(found.standard_error > 0);
  // A row of x enters as 2 E|x - y| - 2 E|x - x'|, whose slope is below 4 in size; the rows' deviation is 1.
  CHECK(found.standard_error < 4 * std::sqrt(1. / 4000 + 1. / 3000));
  CHECK(std::abs(found.value - right) < 5 * found.standard_error);
}

TEST_CASE("the standard error is the spread of repetitions") {
  const GaussianMixture m = normal(3);
  std::vector<double> energies, w2s, energy_errors, w2_errors;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const at::Tensor x = m.draw(200, 0, 100 + i), y = m.draw(400, 0, 200 + i) + 1;
    const Estimate energy = energy_distance(x, y), w2 = SlicedWasserstein(y).distance(x);
    energies.push_back(energy.value), energy_errors.push_back(energy.standard_error);
    w2s.push_back(w2.value), w2_errors.push_back(w2.standard_error);
  }
  const auto spread = [](const std::vector<double>& v) { return at::tensor(v, at::kDouble).std().item<double>(); };
  const auto mean = [](const std::vector<double>& v) { return at::tensor(v, at::kDouble).mean().item<double>(); };
  // The standard deviation of 30 numbers has a relative error of 1/sqrt(58) = .13, the jackknife's of 16 blocks less; four of them.
  CHECK(std::abs(std::log(mean(energy_errors) / spread(energies))) < .6);
  CHECK(std::abs(std::log(mean(w2_errors) / spread(w2s))) < .6);
}

TEST_CASE("shifted samples are as far apart as the shift along each direction") {
  const at::Tensor line = normal(1).draw(500, 0, 3);
  CHECK(SlicedWasserstein(line).distance(line + .25).value == Approx(.25));
  CHECK(SlicedWasserstein(line).distance(line).value == 0);
  // In d dimensions (u.shift)^2 has the mean |shift|^2/d over directions u and a relative variance below 2; of 64 directions
  // the mean has a relative standard error below .18.
  const at::Tensor space = normal(16).draw(500, 0, 3), shift = at::full({16}, .5, at::kDouble);
  const double found = SlicedWasserstein(space).distance(space + shift).value;
  CHECK(std::abs(found * found / (4. / 16) - 1) < 4 * .18);
}

TEST_CASE("shares of modes: exact samples have the weights, a lost mode is seen") {
  const GaussianMixture m(
      {.means = row({-1, 0, 2}).view({3, 1}), .stds = row({.3, .5, .2}), .weights = row({.2, .5, .3})});
  DistributionDistances exact;
  measure_mode_weights(m, m.draw(20'000, .1, 5), .1, exact);
  CHECK(exact.mode_weights_z < 4);  // the components overlap: an upper bound of the error
  const at::Tensor x = m.draw(20'000, .1, 6);
  const at::Tensor lost = x.index_select(0, (x.select(1, 0) < 1.3).nonzero().squeeze(1));
  DistributionDistances found;
  measure_mode_weights(m, lost, .1, found);
  CHECK(found.mode_weights.value == Approx(.3).margin(.01));
  CHECK(found.mode_weights.standard_error == Approx(std::sqrt(.3 * .7 / static_cast<double>(lost.size(0)))));
  CHECK(found.mode_weights_z > 20);
}

TEST_CASE("a comparison tells methods apart by their distributions, and exact sampling from neither") {
  ComparedMethod fine{.name = "fine", .options = test::unguarded(1e-4, Final::keep)};
  ComparedMethod coarse{.name = "coarse", .options = {.method = Method::euler, .final = Final::keep}};
  coarse.options.steps = FixedSteps{.count = 4};
  const auto result =
      Comparison(test::ring(), test::range(), {fine, coarse}, {.count = 2000, .seed = 1}, {}, {.wanted = true}).run();
  REQUIRE(result.rows.size() == 2);
  CHECK(result.distance_rows == 16'384);
  const auto &good = result.rows[0].distances, &bad = result.rows[1].distances;
  CHECK(std::abs(good.energy.value) < 5 * good.energy.standard_error);
  CHECK(good.energy.standard_error <
        4 * std::sqrt(1. / 2000 + 1. / 4096));  // as above; the ring's deviation is below 1
  CHECK(std::abs(result.floor.energy.value) < 5 * result.floor.energy.standard_error / std::sqrt(8.));
  CHECK(good.sliced_w2.value < result.floor.sliced_w2.value + 5 * result.floor.sliced_w2.standard_error);
  CHECK(bad.sliced_w2.value > 3 * result.floor.sliced_w2.value);
  CHECK(bad.sliced_w2.value < 2);  // the ring's diameter
  CHECK(bad.energy.value > 10 * bad.energy.standard_error);
  CHECK(good.mode_weights_z < 5);
}

TEST_CASE("data take the place of exact samples, and must have the shape of the model") {
  const auto model = test::ring();
  const auto mixture = std::dynamic_pointer_cast<const GaussianMixture>(model);
  const auto network =
      make_model([model](const at::Tensor& x, const at::Tensor& sigma) { return model->denoise(x, sigma); },
                 {.shape = {2}, .data_std = .7});
  ComparedMethod method{.name = "a", .options = test::unguarded(1e-2)};
  const SampleRequest request{.count = 100};
  const auto run = [&](const ModelPtr& m, const DistanceRequest& distances) {
    return Comparison(m, test::range(), {method}, request, {.tolerance = 1e-3}, distances).run();
  };
  const at::Tensor data = mixture->draw(500, 0, 1);
  const auto found = run(network, {.wanted = true, .data = data});
  CHECK(found.distance_rows == 300);  // two sets of the others make the floor
  CHECK((found.floor.sliced_w2.value > 0 && found.floor.sliced_w2.value < 1));
  CHECK(std::isnan(found.rows.at(0).distances.mode_weights.value));
  const auto few = run(network, {.wanted = true, .data = data.narrow(0, 0, 150)});
  CHECK(few.distance_rows == 150);
  CHECK(std::isnan(few.floor.sliced_w2.value));
  CHECK((few.rows.at(0).distances.sliced_w2.value > 0 && few.rows.at(0).distances.sliced_w2.value < 1));
  CHECK(std::isnan(run(network, {}).rows.at(0).distances.sliced_w2.value));
  CHECK_THROWS_WITH(
      run(model, {.wanted = true, .data = at::zeros({5, 3}, at::kDouble)}),
      "data: has the shape [5, 3], and a sample of the model [2]; must be [n, *shape] with the model's shape");
  CHECK_THROWS_WITH(run(model, {.wanted = true, .data = data.narrow(0, 0, 1)}), "data: must have at least 2 rows");
  CHECK_THROWS_WITH(
      run(network, {.wanted = true}),
      "data: missing; exact samples to compare with are drawn of models in closed form only, and the model is " +
          network->describe() + "; give a .npy file, or leave distances out");
}
