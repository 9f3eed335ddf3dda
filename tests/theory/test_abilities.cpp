/// A model of one's own that knows more than its denoiser: each ability alone, and what encode, compare and inspect make of it.
#include "support/problems.hpp"

#include "support/refusal.hpp"

#include <cmath>
#include <numbers>

using namespace shockstep;

namespace {

constexpr double a = 1, s = .1;  // modes at +-a, of width s

/// Two modes on a line, written down once more, with what `knows` says and nothing else.
class Own final : public ScoreModel, public ExactDensity, public ExactDraws, public ExactFlow, public Modes {
 public:
  enum Knowledge { nothing, density, draws, transport, modes, product };
  explicit Own(Knowledge knows) : knows_(knows) {}

  // x s^2/v + (sigma^2/v) a tanh(a x/v), v = s^2 + sigma^2
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    const at::Tensor sigma2 = sigma.square().unsqueeze(1), v = sigma2 + s * s;
    return x * (s * s) / v + sigma2 / v * a * (a * x / v).tanh();
  }
  const std::vector<std::int64_t>& shape() const override { return shape_; }
  std::string describe() const override { return "two modes of one's own"; }
  Abilities abilities() const override {
    switch (knows_) {
      case density: return {.density = this};
      case draws: return {.draws = this};
      case transport: return {.flow = this};
      case modes: return {.modes = this};
      case product: return {.product = ProductForm{.sigma = .3, .power = 1}};
      case nothing: break;
    }
    return {};
  }

  at::Tensor log_density(const at::Tensor& x, const at::Tensor& sigma) const override {
    const at::Tensor v = sigma.square() + s * s, z = a * x.select(1, 0) / v;
    return (z.abs() + (-2 * z.abs()).exp().log1p() - std::numbers::ln2) - (x.select(1, 0).square() + a * a) / (2 * v) -
           .5 * (2 * std::numbers::pi * v).log();
  }
  at::Tensor draw(std::int64_t count, double sigma, std::uint64_t seed) const override {
    at::Tensor x = at::empty({count, 1}, at::kDouble);
    for (std::int64_t i = 0; i < count; ++i) {
      double z[2];
      fill_normal(z, seed, Stream::exact, static_cast<std::uint64_t>(i));
      x[i][0] = (z[0] > 0 ? a : -a) + std::sqrt(s * s + sigma * sigma) * z[1];
    }
    return x;
  }
  at::Tensor flow(const at::Tensor& x, double from, double to) const override {
    return test::two_modes()->abilities().flow->flow(x, from, to);
  }
  std::int64_t components() const override { return 2; }
  const std::vector<double>& means() const override { return means_; }
  std::vector<double> weights() const override { return {.5, .5}; }
  double variance_min() const override { return s * s; }
  at::Tensor responsibilities(const at::Tensor& x, const at::Tensor& sigma) const override {
    const at::Tensor right = at::sigmoid(2 * a * x.select(1, 0) / (sigma.square() + s * s));
    return at::stack({1 - right, right}, 1);
  }

 private:
  Knowledge knows_;
  std::vector<std::int64_t> shape_ = {1};
  std::vector<double> means_ = {-a, a};
};

ModelPtr own(Own::Knowledge knows = Own::nothing) { return std::make_shared<Own>(knows); }

SamplerOptions plain(double tolerance) {
  SamplerOptions options;
  options.tolerance = tolerance;
  options.guard.profile = "default";
  return options;
}

ComparisonResult compared(const ModelPtr& model, const ComparisonReference& reference = {},
                          const DistanceRequest& distances = {}) {
  ComparedMethod method{.name = "multistep", .options = plain(1e-2)};
  return Comparison(model, test::range(), {method}, {.count = 200, .seed = 4}, reference, distances).run();
}

}  // namespace

TEST_CASE("it is the mixture of the same modes") {
  const auto mixture = std::dynamic_pointer_cast<const GaussianMixture>(test::two_modes());
  const at::Tensor x = at::linspace(-3, 3, 31, at::kDouble).view({31, 1});
  const Own model(Own::nothing);
  for (const double sigma : {.1, .5, 3.}) {
    const at::Tensor at = at::full({31}, sigma, at::kDouble);
    CHECK(at::allclose(model.denoise(x, at), mixture->denoise(x, at), 1e-12, 1e-14));
    CHECK(at::allclose(model.log_density(x, at), mixture->log_density(x, at), 1e-12, 1e-13));
    CHECK(at::allclose(model.responsibilities(x, at), mixture->responsibilities(x, at), 1e-10, 1e-13));
  }
}

TEST_CASE("a density: likelihoods end on it where a Gaussian is far off") {
  // At sigma_max = .7 the two modes are still two.
  const Process process = VarianceExploding{.sigma_min = .01, .sigma_max = .7};
  const at::Tensor x = at::tensor({-1.1, -.9, .95, 1.2}, at::kDouble).view({4, 1});
  const at::Tensor exact = Own(Own::density).log_density(x, at::full({4}, .01, at::kDouble));
  const auto off = [&](Own::Knowledge knows) {
    SamplerOptions options = plain(1e-7);
    options.max_evaluations = 100000;
    const Encoder encoder(own(knows), process, options, {.likelihood = Likelihood::exact, .add_noise = false});
    const EncodeResult up = encoder.encode({.data = x});
    double most = 0;
    for (std::int64_t i = 0; i < 4; ++i)
      most = std::max(most, std::abs(up.log_likelihood[static_cast<std::size_t>(i)] - exact[i].item<double>()));
    return most;
  };
  // Differences of a model that is not exact() reach .03 sigma to either side of an interface of width v/a: the trace is off by
  // (.03 sigma a/v)^2/6 of itself, below 3e-4 where it counts, over two units of ln sigma.
  CHECK(off(Own::density) < 6e-4);
  CHECK(off(Own::nothing) > 1e-2);
}

TEST_CASE("draws: distances to exact samples without data") {
  const DistanceRequest wanted{.wanted = true};
  CHECK(test::refusal<ConfigError>([&] {
          compared(own(), {}, wanted);
        }).starts_with("data: missing; exact samples to compare with"));
  const ComparisonResult found = compared(own(Own::draws), {}, wanted);
  REQUIRE(found.complete);
  CHECK(found.distance_rows == 16'384);
  CHECK(found.rows[0].distances.sliced_w2.value < 5 * found.floor.sliced_w2.value + .05);
  CHECK(found.floor.sliced_w2.value > 0);
  CHECK(std::isnan(found.rows[0].distances.mode_weights.value));  // what it does not know
}

TEST_CASE("a flow: the exact reference") {
  CHECK(test::refusal<ConfigError>([&] {
          compared(own(), {.exact = true});
        }).starts_with("reference: exact is for models whose flow is known"));
  const ComparisonResult found = compared(own(Own::transport), {.exact = true}),
                         integrated = compared(own(Own::nothing), {.tolerance = 1e-9});
  REQUIRE(found.complete);
  CHECK(found.reference_evaluations_mean == 0);
  CHECK(found.rows[0].error.rms == Approx(integrated.rows[0].error.rms).epsilon(1e-3));
}

TEST_CASE("modes: wrong ones are counted, weights are compared, and inspect takes them for its clusters") {
  CHECK(std::isnan(compared(own()).rows[0].error.wrong_mode));
  const ComparisonResult found =
      compared(own(Own::modes), {}, {.wanted = true, .data = Own(Own::draws).draw(2000, .01, 5)});
  CHECK(found.rows[0].error.wrong_mode < .05);
  CHECK(found.rows[0].distances.mode_weights.value < .2);

  const auto clusters = [](Own::Knowledge knows) {
    const InspectRequest request{.options = {.count = 64, .trajectories = 32}};
    return inspect(own(knows), test::range(), plain(1e-2), request).found.clusters.value();
  };
  CHECK(clusters(Own::modes).source == "components");
  CHECK(clusters(Own::modes).means == std::vector<double>{-1, 1});
  CHECK(clusters(Own::nothing).source != "components");
}

TEST_CASE("a product: inspect looks for its stationary points") {
  const InspectRequest request{.options = {.count = 64, .trajectories = 32}};
  const Inspection found =
      inspect(own(Own::product), VarianceExploding{.sigma_min = .01, .sigma_max = 1}, plain(1e-2), request).found;
  REQUIRE(found.stationary);
  CHECK(found.stationary->sigma == .3);
  CHECK_FALSE(found.speciation);
}
