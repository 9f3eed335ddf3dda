/// Every closed form that a config can name, as its row describes it: its denoiser against whatever else it knows.
#include "support/problems.hpp"

#include "config/yaml.hpp"

#include <shockstep/registry.hpp>
#include <shockstep/tensor_values.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

struct Named {
  std::string kind;
  ModelPtr model;
};

/// Networks want a file, and are tried in tests of their own.
std::vector<Named> closed_forms() {
  std::vector<Named> out;
  for (const auto& row : model_kinds()) {
    const ConfigNode node = parse_yaml(row.example, row.name);
    if (node.find("path")) continue;
    out.push_back({row.name, make_model(Section("c.yaml", "model", node))});
  }
  return out;
}

std::vector<std::int64_t> batch_of(const ScoreModel& model, std::int64_t rows) {
  std::vector<std::int64_t> shape{rows};
  shape.insert(shape.end(), model.shape().begin(), model.shape().end());
  return shape;
}

/// Points of p_sigma about data of the model's own scale, from anywhere to far out.
at::Tensor states(const ScoreModel& model, std::int64_t rows, double sigma) {
  at::Tensor x = at::empty(batch_of(model, rows), at::kDouble);
  fill_normal({x.mutable_data_ptr<double>(), static_cast<std::size_t>(x.numel())}, 5, Stream::inspect, 0);
  const double data = model.data_std() > 0 ? model.data_std() : 1;
  return x * std::sqrt(data * data + sigma * sigma);
}

at::Tensor all(double sigma, std::int64_t rows) { return at::full({rows}, sigma, at::kDouble); }

const std::vector<double> levels{.01, .1, .4, 1, 5, 80};

}  // namespace

TEST_CASE("every file of a model is a row", "[models]") {
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(SOURCE_DIR "/src/model/kinds")) {
    CAPTURE(file.path().string());
    CHECK(std::ranges::count(model_kinds(), file.path().stem().string(), &ModelKind::name) == 1);
    ++files;
  }
  REQUIRE(files == model_kinds().size());
  for (const auto& row : model_kinds()) {
    CAPTURE(row.name);
    CHECK((*row.summary && row.make));
    CHECK(parse_yaml(row.example, "example").find("kind")->scalar == row.name);
  }
  CHECK(closed_forms().size() >= 4);
}

TEST_CASE("the denoiser of every closed form has its shape, and one row's bits in any batch", "[models]") {
  for (const auto& [kind, model] : closed_forms()) {
    CAPTURE(kind);
    CHECK(model->describe().starts_with(kind));
    REQUIRE(model->exact());
    for (const double sigma : levels) {
      const std::int64_t n = 70;
      const at::Tensor x = states(*model, n, sigma), D = model->denoise(x, all(sigma, n));
      CHECK(D.sizes() == x.sizes());
      CHECK(D.isfinite().all().item<bool>());
      bool same = true;
      for (std::int64_t i = 0; i < n; ++i)
        same &= at::equal(model->denoise(x.narrow(0, i, 1), all(sigma, 1)), D.narrow(0, i, 1));
      CHECK(same);
    }
    CHECK_THROWS_AS(model->denoise(at::zeros({2, 7, 3}, at::kDouble), all(1, 2)), ModelError);
  }
}

TEST_CASE("the denoiser is x + sigma^2 grad ln p of a density that is known", "[models]") {
  for (const auto& [kind, model] : closed_forms()) {
    const ExactDensity* density = model->abilities().density;
    if (!density) continue;
    CAPTURE(kind);
    const std::int64_t n = 40, d = model->dimension();
    for (const double sigma : levels) {
      CAPTURE(sigma);
      const at::Tensor x = states(*model, n, sigma), D = model->denoise(x, all(sigma, n)).view({n, d});
      // Central differences: h^2/6 of the third derivative, about 1/s^3 at the scale s = sigma of p_sigma's features, against
      // eps |ln p|/h of rounding, with |ln p| at most some hundred. Both times sigma^2: 1e-6 sigma for h = 1e-3 sigma.
      const double h = 1e-3 * sigma;
      for (std::int64_t j = 0; j < d; ++j) {
        const auto moved = [&](double by) {
          at::Tensor to = x.clone();
          to.view({n, d}).select(1, j) += by;
          return density->log_density(to, all(sigma, n));
        };
        const at::Tensor slope = (moved(h) - moved(-h)) / (2 * h);
        const at::Tensor off = (x.view({n, d}).select(1, j) + sigma * sigma * slope - D.select(1, j)).abs();
        CHECK(off.max().item<double>() < 1e-4 * sigma);
      }
    }
  }
}

TEST_CASE("densities on a line are one another's convolutions, and D their mean", "[models]") {
  for (const auto& [kind, model] : closed_forms()) {
    const ExactDensity* density = model->abilities().density;
    if (!density || model->dimension() != 1) continue;
    CAPTURE(kind);
    for (const double sigma : {.3, 1., 4.}) {
      CAPTURE(sigma);
      // p_sigma(x) = int p_s(y) N(x; y, sigma^2 - s^2) dy, by the trapezoidal rule: of functions whose features are s wide with
      // nodes s/8 apart its error is e^(-2 pi^2 64/2), nothing.
      const double s = .2, v = sigma * sigma - s * s, reach = 12 * std::max(1., model->data_std()) + 12 * sigma;
      const auto m = static_cast<std::int64_t>(16 * reach / s);
      const at::Tensor y = at::linspace(-reach, reach, m, at::kDouble),
                       weight = density->log_density(y.view({m, 1}), all(s, m)).exp();
      const double step = 2 * reach / static_cast<double>(m - 1);
      CHECK(weight.sum().item<double>() * step == Approx(1).epsilon(1e-9));
      // The denoiser at s, averaged with the posterior weight of y: E[x0 | x] = E[E[x0 | y] | x].
      const at::Tensor from_s = model->denoise(y.view({m, 1}), all(s, m)).view({m});
      for (const double x : {-2., -.3, .1, 1., 3.}) {
        const at::Tensor here = weight * (-(x - y).square() / (2 * v)).exp() / std::sqrt(2 * std::numbers::pi * v);
        const at::Tensor at = at::full({1, 1}, x, at::kDouble);
        const double p = here.sum().item<double>() * step;
        CHECK(density->log_density(at, all(sigma, 1)).item<double>() == Approx(std::log(p)).margin(1e-9));
        CHECK(model->denoise(at, all(sigma, 1)).item<double>() ==
              Approx((here * from_s).sum().item<double>() * step / p).margin(1e-9));
      }
    }
  }
}

TEST_CASE("draws follow the density: what is known of their means", "[models]") {
  const std::int64_t n = 20000;
  for (const auto& [kind, model] : closed_forms()) {
    const Abilities known = model->abilities();
    if (!known.draws) continue;
    CAPTURE(kind);
    const double d = static_cast<double>(model->dimension());
    const at::Tensor data = known.draws->draw(n, 0, 3);
    REQUIRE(data.sizes() == at::IntArrayRef(batch_of(*model, n)));
    CHECK(at::equal(known.draws->draw(10, 0, 3), data.narrow(0, 0, 10)));
    CHECK_FALSE(at::equal(known.draws->draw(10, 0, 4), data.narrow(0, 0, 10)));
    const at::Tensor flat = data.view({n, -1});
    // Within five standard errors, each of a mean of n independent numbers.
    const auto zero = [&](const at::Tensor& numbers) {
      const double error = numbers.std().item<double>() / std::sqrt(static_cast<double>(n));
      CHECK(std::abs(numbers.mean().item<double>()) < 5 * error + 1e-12);
    };
    zero((flat - flat.mean(0)).square().mean(1) - std::pow(model->data_std(), 2));
    for (const double sigma : {.2, 1., 5.}) {
      CAPTURE(sigma);
      const at::Tensor x = known.draws->draw(n, sigma, 8);
      const at::Tensor off = (x - model->denoise(x, all(sigma, n))).view({n, -1});   // -sigma^2 score
      for (std::int64_t j = 0; j < model->dimension(); ++j) zero(off.select(1, j));  // E[score] = 0
      zero((x.view({n, -1}) * off).sum(1) - sigma * sigma * d);                      // E[x . score] = -d
      if (!known.modes) continue;
      const auto weights = known.modes->weights();
      const at::Tensor shares = known.modes->responsibilities(x, all(sigma, n));
      REQUIRE(shares.size(1) == known.modes->components());
      CHECK((shares.sum(1) - 1).abs().max().item<double>() < 1e-12);
      for (std::size_t k = 0; k < weights.size(); ++k)
        zero(shares.select(1, static_cast<std::int64_t>(k)) - weights[k]);
    }
  }
}

TEST_CASE("modes are parts of the data: weights, means, and the share of each datum", "[models]") {
  for (const auto& [kind, model] : closed_forms()) {
    const Abilities known = model->abilities();
    if (!known.modes) continue;
    CAPTURE(kind);
    const std::int64_t K = known.modes->components(), d = model->dimension(), n = 20000;
    const auto weights = known.modes->weights();
    double sum = 0;
    for (const double w : weights) sum += w;
    CHECK(sum == Approx(1).epsilon(1e-12));
    CHECK(known.modes->variance_min() >= 0);
    const at::Tensor means = at::tensor(known.modes->means(), at::kDouble).view({K, d});
    if (!known.draws) continue;
    const at::Tensor data = known.draws->draw(n, 1e-6, 1);
    const at::Tensor shares = known.modes->responsibilities(data, all(1e-6, n));
    for (std::int64_t k = 0; k < K; ++k) {
      const at::Tensor off = shares.select(1, k).unsqueeze(1) * (data.view({n, d}) - means[k]);
      const double error = off.std(0).max().item<double>() / std::sqrt(static_cast<double>(n));
      CHECK(off.mean(0).abs().max().item<double>() < 5 * error + 1e-9);
    }
  }
}

TEST_CASE("the flow that a model knows is the one that is integrated", "[models]") {
  std::vector<Named> models = closed_forms();
  models.push_back({"gaussian_mixture on a line", test::two_modes()});
  models.push_back({"point_cloud on a line",
                    std::make_shared<PointCloud>(PointCloudOptions{at::tensor({-1., .5, 2.}, at::kDouble), .3})});
  int flows = 0;
  for (const auto& [kind, model] : models) {
    const ExactFlow* flow = model->abilities().flow;
    if (!flow) continue;
    CAPTURE(kind);
    ++flows;
    const std::int64_t n = 200;
    const Process process = test::range();
    at::Tensor noise = at::empty(batch_of(*model, n), at::kDouble);
    for (std::int64_t i = 0, d = model->dimension(); i < n; ++i)
      fill_normal({noise.mutable_data_ptr<double>() + i * d, static_cast<std::size_t>(d)}, 2, Stream::start,
                  static_cast<std::uint64_t>(i));
    const at::Tensor exact = flow->flow(noise * process.sigma_max(), process.sigma_max(), process.sigma_min());
    const Result run = Sampler(model, process, test::unguarded(1e-8)).sample({.count = n, .seed = 2});
    // A trajectory that starts on the fence amplifies its errors: not the worst of them.
    CHECK((run.samples - exact).abs().median().item<double>() < 1e-6);
  }
  CHECK(flows >= 2);
}

TEST_CASE("a sampler's trajectories end on every closed form", "[models]") {
  for (const auto& [kind, model] : closed_forms()) {
    if (model->abilities().product) continue;  // of no diffusion
    CAPTURE(kind);
    const std::int64_t n = 2000;
    const Result run = Sampler(model, test::range(), test::unguarded(1e-3)).sample({.count = n, .seed = 6});
    CHECK(run.statistics.count_by_status[static_cast<int>(Status::ok)] == n);
    const at::Tensor flat = run.samples.view({n, -1});
    const at::Tensor square = (flat - flat.mean(0)).square().mean(1);
    const double error = square.std().item<double>() / std::sqrt(static_cast<double>(n));
    // sigma_min^2 = 1e-4 more than the data, and the tolerance's share of it.
    CHECK(std::abs(square.mean().item<double>() - std::pow(model->data_std(), 2)) <
          5 * error + 2e-3 * std::max(1., model->data_std()));
  }
}

TEST_CASE("the process changes no sample of a closed form, only what a network would be told", "[models]") {
  for (const auto& row : process_kinds()) {
    ConfigNode node = parse_yaml(row.example, row.name);
    CAPTURE(row.name);
    const Process own = make_process({"c.yaml", "process", node});
    const double low = 1.1 * own.sigma_min(), high = .9 * own.sigma_max();
    node.child("sigma_min") = ConfigNode::literal(std::to_string(low));
    node.child("sigma_max") = ConfigNode::literal(std::to_string(high));
    const Process process = make_process({"c.yaml", "process", node});
    const Process plain = VarianceExploding{.sigma_min = process.sigma_min(), .sigma_max = process.sigma_max()};
    const auto draw = [&](const Process& p) {
      return Sampler(test::ring(), p, test::unguarded(1e-2)).sample({.count = 20, .seed = 1}).samples;
    };
    CHECK(at::equal(draw(process), draw(plain)));
  }
}
