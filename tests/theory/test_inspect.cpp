/// The analyses of inspect on models whose answers are known in closed form.
#include "support/problems.hpp"

#include "core/quantile_transport.hpp"
#include "inspect/clusters.hpp"
#include "inspect/differences.hpp"
#include "inspect/health.hpp"
#include "inspect/interfaces.hpp"
#include "inspect/product_form.hpp"
#include "inspect/spectral.hpp"
#include "inspect/spectrum.hpp"
#include "inspect/training.hpp"
#include "paper/stationary.hpp"

#include <shockstep/inspect.hpp>

#include <atomic>
#include <cmath>

using namespace shockstep;

namespace {

constexpr double exact_step = inspect_step.float64;

constexpr VarianceExploding process{.sigma_min = .01, .sigma_max = 80};

States one(const at::Tensor& x, double sigma) { return {x, at::arange(x.size(0), at::kLong), sigma}; }

InspectResult inspected(const ModelPtr& model,
                        const InspectRequest& request = {.options = {.count = 128, .trajectories = 64}},
                        const VarianceExploding& range = process) {
  SamplerOptions sampler;
  sampler.guard.profile = "default";  // no pilot: these are not about accuracy
  return inspect(model, range, sampler, request);
}

// The ring's denoiser and a rotation about the centre that is no gradient.
ModelPtr swirling(double strength) {
  return make_model(
      [exact = test::ring(), strength](const at::Tensor& x, const at::Tensor& sigma) {
        const at::Tensor rotated = at::stack({-x.select(1, 1), x.select(1, 0)}, 1);
        // Over 1 + sigma, so that far away D stays where the data are.
        return exact->denoise(x, sigma) + strength * rotated / (1 + sigma).unsqueeze(1);
      },
      {.shape = {2}, .data_std = .71});
}

// Counts the rows it is asked for, and may end the run.
class Counting final : public ScoreModel {
 public:
  explicit Counting(ModelPtr model) : model_(std::move(model)) {}
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    rows += x.size(0);
    if (!(sigma >= .01 - 1e-12).all().item<bool>() || !(sigma <= 80 + 1e-9).all().item<bool>()) ++outside;
    return model_->denoise(x, sigma);
  }
  const std::vector<std::int64_t>& shape() const override { return model_->shape(); }
  double data_std() const override { return model_->data_std(); }
  bool exact() const override { return true; }
  std::string describe() const override { return model_->describe(); }
  mutable std::atomic<std::int64_t> rows{0}, outside{0};

 private:
  ModelPtr model_;
};

}  // namespace

TEST_CASE("Exact mixtures are fine, and what is no gradient or no diffusion is not a score", "[inspect]") {
  for (const auto& [model, name] :
       {std::pair{test::two_modes(), "two modes"}, {test::ring(), "ring"}, {test::hundred_modes(), "hundred modes"}}) {
    const auto found = inspected(model).found;
    INFO(name << ": " << found.health->reason);
    CHECK(found.health->verdict == Verdict::fine);
    CHECK(found.health->levels.size() == 8);
    // Symmetric but for truncation, at most (step distance/sigma)^2 of it across an interface.
    for (const HealthLevel& level : found.health->levels) CHECK(level.curl.found < 1e-2);
  }
  const auto swirl = inspected(swirling(2)).found;
  INFO(swirl.health->reason);
  CHECK(swirl.health->verdict == Verdict::not_a_score);
  CHECK(swirl.health->reason.find("curl") != std::string::npos);

  const auto product = std::make_shared<Multiplicative>(test::ring(), MultiplicativeOptions{.sigma = .3});
  const auto found =
      inspected(product, {.options = {.count = 128, .trajectories = 64}}, {.sigma_min = .01, .sigma_max = 1}).found;
  CHECK(found.health->verdict == Verdict::not_a_score);
  // s_tau = -f/sigma^3 has nothing to balance it as sigma falls.
  CHECK(found.health->levels.back().residual.verdict == Verdict::not_a_score);
  CHECK(found.health->levels.back().residual.found == Approx(1).margin(.1));
  // s = f/sigma: every row of the matrix is a multiple of f; D - x cancels to |x| eps/|D - x| at worst.
  CHECK(found.product->smallest == Approx(1).margin(1e-9));
  CHECK(inspected(test::ring()).found.product->smallest < .9);
}

TEST_CASE("In many dimensions random directions give the curl of all coordinates", "[inspect]") {
  // D = A x: curl is |A - A^T|/|A|, the Laplacian is none, and the smallest eigenvalue is that of the symmetric part.
  const std::int64_t d = 80;
  const at::Tensor A = normal_rows(d, d, 5);
  const ModelPtr linear = make_model([A](const at::Tensor& x, const at::Tensor&) { return at::matmul(x, A.t()); },
                                     {.shape = {d}, .data_std = 1});
  Evaluator evaluator(*linear, process, 256, nullptr);
  const States states = one(normal_rows(4, d, 6), 1.);
  const auto mixture = std::make_shared<const GaussianMixture>(
      GaussianMixtureOptions{.means = at::zeros({1, d}, at::kDouble), .stds = at::ones({1}, at::kDouble)});
  const auto health = check_health(evaluator, process, {states}, mixture, {.step = exact_step});
  const double curl = ((A - A.t()).norm() / A.norm()).item<double>();
  // 32 directions, 496 pairs and 4 states: the squares of numerator and denominator have relative standard errors of
  // sqrt(2/(4 496)) and sqrt(2/(4 32)/d) at most; four of the former.
  CHECK(health.levels[0].curl.found == Approx(curl).epsilon(4 * std::sqrt(2. / (4 * 496)) / 2 + .01));
  CHECK(health.directions == 32);
  // What curl is left out of J^T (D - x) keeps the residual from its true value; no curl, no difference.
  const at::Tensor S = at::matmul(A, A.t()) / d;
  const ModelPtr symmetric = make_model([S](const at::Tensor& x, const at::Tensor&) { return at::matmul(x, S); },
                                        {.shape = {d}, .data_std = 1});
  Evaluator other(*symmetric, process, 256, nullptr);
  const auto healthy = check_health(other, process, {states}, mixture, {.step = exact_step});
  const at::Tensor e = at::matmul(states.x, S) - states.x, left = -2 * e, right = 2 * (at::matmul(e, S) - e);
  CHECK(healthy.levels[0].residual.found ==
        Approx(((left - right).norm() / (left.pow(2).sum() + right.pow(2).sum()).sqrt()).item<double>()).epsilon(1e-8));
}

TEST_CASE("Across the interface of a symmetric pair the fit has width v/a and amplitude a/v", "[inspect]") {
  const double a = 1, s0 = .1;
  const ModelPtr model = test::two_modes();
  Evaluator evaluator(*model, process, 256, nullptr);
  for (const double sigma : {.1, .3, .6, .9}) {
    const double v = s0 * s0 + sigma * sigma;
    const auto profile =
        interface_profile(evaluator, one(at::full({1, 1}, .05, at::kDouble), sigma), at::ones({1}, at::kDouble));
    REQUIRE(profile);
    // s = -x/v + (a/v) tanh(a x/v) is of the fitted form: what is left is rounding, eps |D|/sigma^2 over a/v, against which the
    // curvature of the sum of squares leaves the square root of no more than that.
    CHECK(profile->width == Approx(v / a).epsilon(1e-7));
    CHECK(profile->amplitude == Approx(a / v).epsilon(1e-7));
    CHECK(profile->residual < 1e-12);
    // The difference of the tanh over 1e-3 widths is low by (1e-3)^2/3.
    CHECK(profile->width_local == Approx(v / a).epsilon(1e-6));
    CHECK(profile->amplitude_local == Approx(a / v).epsilon(1e-6));
    CHECK(profile->at[64] == Approx(0).margin(2 * v / a));  // the line is about the centre, x = 0
  }
  // J = 1 at v = a^2: beyond there is no interface.
  CHECK_FALSE(interface_profile(evaluator, one(at::full({1, 1}, .05, at::kDouble), 1.1), at::ones({1}, at::kDouble)));
}

TEST_CASE("The spectrum of a Gaussian is v/(v + sigma^2), and its dimension the number of v above sigma^2",
          "[inspect]") {
  const at::Tensor variances = at::tensor({4., 1., .25, 1e-4}, at::kDouble);
  const GaussianMixture gaussian(
      {.means = at::zeros({1, 4}, at::kDouble), .covariances = variances.diag().unsqueeze(0)});
  Evaluator evaluator(gaussian, process, 256, nullptr);
  std::vector<States> nodes;
  for (const double sigma : {3., 1.5, .7, .3, .05}) nodes.push_back(one(normal_rows(2, 4, 1), sigma));
  const auto section = measure_spectrum(evaluator, nodes, exact_step, 0);
  REQUIRE(section.rows.size() == 10);
  CHECK(section.complete);
  CHECK(section.evaluations == 10 * 8);
  for (const SpectrumRow& row : section.rows) {
    std::int64_t wide = 0;
    for (int k = 0; k < 4; ++k) {
      const double v = variances[k].item<double>();
      wide += v > row.sigma * row.sigma;
      // D is linear: rounding of D over the step.
      CHECK(row.eigenvalues[static_cast<std::size_t>(k)] ==
            Approx(v / (v + row.sigma * row.sigma)).margin(1e-15 * 10 / (exact_step * row.sigma)));
    }
    CHECK(row.dimension == wide);
  }
}

TEST_CASE("Lanczos finds the leading eigenvalues in many dimensions", "[inspect]") {
  // 40 of 300 directions are wide: with 48 products the largest eigenvalue is exact, and the wide ones are counted from below.
  at::Tensor variances = at::full({300}, 1e-6, at::kDouble);
  for (int k = 0; k < 10; ++k) variances[k] = 1. + k;
  const GaussianMixture gaussian(
      {.means = at::zeros({1, 300}, at::kDouble), .covariances = variances.diag().unsqueeze(0)});
  Evaluator evaluator(gaussian, process, 256, nullptr);
  const auto section = measure_spectrum(evaluator, {one(normal_rows(1, 300, 1), .5)}, exact_step, 0);
  CHECK_FALSE(section.complete);
  CHECK(section.rows[0].dimension == 10);
  CHECK(section.rows[0].eigenvalues[0] == Approx(10 / 10.25).epsilon(1e-9));
}

TEST_CASE("The spectral prediction of a symmetric pair", "[inspect]") {
  // Rows with exactly the variance a^2 + s0^2 along one axis: of -a -+ s0 and a -+ s0.
  const double a = 4, s0 = .5;
  const at::Tensor rows = at::tensor({-a - s0, -a + s0, a - s0, a + s0}, at::kDouble).view({4, 1});
  const auto section = spectral_prediction(rows, "data", {});
  const double Lambda = (a * a + s0 * s0) * 4 / 3;  // unbiased
  REQUIRE(section.lines.size() == 1);
  CHECK(section.lines[0].eigenvalue == Approx(Lambda).epsilon(1e-12));
  CHECK(section.lines[0].sigma == Approx(std::sqrt(Lambda)).epsilon(1e-12));
  CHECK(section.lines[0].vp_time == Approx(.5 * std::log(Lambda)).epsilon(1e-12));
  // Both frames are one: sigma^2 = e^2t - 1.
  CHECK(std::pow(section.lines[0].vp_sigma, 2) == Approx(std::expm1(2 * section.lines[0].vp_time)).epsilon(1e-12));
}

TEST_CASE("Trajectories commit where their exact posterior weight passes three quarters", "[inspect]") {
  const auto model = test::two_modes();
  const InspectRequest request{.options = {.count = 64, .trajectories = 64}, .seed = 3};
  const auto found = inspected(model, request).found;
  const auto& section = *found.commitment;
  CHECK(section.moved == 0);
  CHECK(found.clusters->source == "components");
  const ScalarMixture pair{.weights = {.5, .5}, .means = {-1, 1}, .variances = {.01, .01}};
  int checked = 0;
  for (std::size_t i = 0; i < section.sigma.size(); ++i) {
    const double sigma = section.sigma[i];
    REQUIRE(std::isfinite(sigma));
    if (!(sigma < 10)) continue;
    double z = 0;
    fill_normal({&z, 1}, 3, Stream::start, i);
    const double x = transport_quantile(pair, 80 * z, 80, sigma), v = .01 + sigma * sigma;
    // D = (s0^2 x + sigma^2 tanh(a x/v))/v, and u = D for means at -1 and 1.
    const double u = std::abs((.01 * x + sigma * sigma * std::tanh(x / v)) / v);
    // Linear in ln sigma over nodes .12 apart: off by u'' .12^2/8, where u'' < 4 away from the thinnest interfaces, and the
    // path's own error.
    CHECK(u == Approx(.5).margin(.02));
    CHECK((x > 0) == (section.cluster[i] == 1));
    ++checked;
  }
  CHECK(checked > 32);
  CHECK(section.pairs.size() == 1);
  CHECK(section.pairs[0].opens == Approx(std::sqrt(1 - .01)).epsilon(.01));  // s0^2 is that of 64 samples
}

TEST_CASE("Who ends between two means commits at half of the margin that is left", "[inspect]") {
  // Modes so broad that many samples lie nearer to the middle than three to one.
  const auto found = inspected(test::mixture_model(at::tensor({-1., 1.}, at::kDouble).view({2, 1}), .5),
                               {.options = {.count = 128, .trajectories = 128}})
                         .found;
  const auto& section = *found.commitment;
  std::int64_t between = 0;
  for (std::size_t i = 0; i < section.sigma.size(); ++i) {
    CHECK(std::isfinite(section.sigma[i]));
    between += section.sigma[i] < .3;  // as D = x there, who commits so late does on a path of its own
  }
  CHECK(section.between > 10);  // P(|x| < 1/2) is .16 of 128, less four standard errors of 4.1
  CHECK(section.between < 40);
  CHECK(section.pairs[0].between == section.between);
  CHECK(between < section.between);
}

TEST_CASE("A score that is a field times a factor is inspected as the field", "[inspect]") {
  constexpr double sigma0 = .3;
  const double power = GENERATE(1., 0., 2.);
  const GaussianMixtureOptions options{.means = at::tensor({-1., 0., .8, .7, .6, -.9}, at::kDouble).view({3, 2}),
                                       .stds = at::tensor({.3, .2, .25}, at::kDouble),
                                       .weights = at::tensor({.5, .3, .2}, at::kDouble)};
  const auto mixture = std::make_shared<const GaussianMixture>(options);
  const auto model = std::make_shared<Multiplicative>(mixture, MultiplicativeOptions{.sigma = sigma0, .power = power});
  const VarianceExploding range{.sigma_min = .01, .sigma_max = 20};
  const auto found = inspected(model, {.options = {.count = 128}}, range).found;
  const StationarySection& section = *found.stationary;
  // The clock ends at 20, 200 and 7.6, rates are at least 1.67, 5.6 and .5 in it: 1e-14, nothing, and a fiftieth of the way is left.
  CHECK((power == 2 ? section.unsettled > 64 : section.unsettled == 0));
  CHECK(section.index_sum == 1);
  CHECK_FALSE(found.speciation);
  CHECK(found.health->verdict == Verdict::not_a_score);
  CHECK(found.product->smallest == Approx(1).margin(1e-9));
  // Newton's method from a grid on the closed form, whose f is sigma_0 s: here sigma_0^power s.
  const auto zeros = paper::stationary_points(*mixture, sigma0);
  REQUIRE(section.points.size() == zeros.size());
  const double factor = std::pow(sigma0, power - 1);
  std::int64_t ends = 0;
  for (const StationaryPoint& point : section.points) {
    const auto& zero = zeros[paper::nearest(zeros, point.at[0], point.at[1])];
    CHECK(std::hypot(point.at[0] - zero.x[0], point.at[1] - zero.x[1]) < 1e-9);  // the resolution of Field
    // Central differences of step 1e-4 sigma_0: 1e-8 times a third derivative of up to (2/sigma_0)^2 of the rates.
    CHECK(point.rates[0] == Approx(factor * zero.rates[1]).epsilon(1e-6));
    CHECK(point.rates[1] == Approx(factor * zero.rates[0]).epsilon(1e-6));
    CHECK(point.unstable == zero.index());
    CHECK(point.turning < 1e-6);
    CHECK(point.kind == (zero.index() == 0 ? "stable" : zero.index() == 1 ? "saddle" : "source"));
    ends += point.ends;
    if (zero.index() > 0) CHECK(point.ends == 0);
    // From 1e-4 of the scale away f bends by about as much.
    if (zero.index() == 0) CHECK(point.rate == Approx(point.rates[0]).epsilon(1e-3));
  }
  CHECK(ends + section.unsettled == 128);
  if (power != 1) return;
  // The basins are those of the sampler itself on steps uniform in the clock.
  SamplerOptions steps;
  steps.steps = FixedSteps{.schedule = Schedule::linear, .count = 2000};
  steps.max_evaluations = 2000;
  const auto samples = Sampler(model, range, steps).sample({.count = 128}).samples;
  for (std::int64_t i = 0; i < 128; ++i) {
    const StationaryPoint& point = section.points[static_cast<std::size_t>(section.basin[static_cast<std::size_t>(i)])];
    CHECK((samples[i] - at::tensor(point.at, at::kDouble)).norm().item<double>() < 1e-2);
  }
}

TEST_CASE("A field in many dimensions has as many stable points as modes", "[inspect]") {
  // Three modes far apart in 20 dimensions: a stable point at each and saddles between them.
  const at::Tensor means = 3 * at::eye(20, at::kDouble).narrow(0, 0, 3).contiguous();
  const auto model =
      std::make_shared<Multiplicative>(test::mixture_model(means, .3), MultiplicativeOptions{.sigma = .5});
  const auto section =
      *inspected(model, {.options = {.count = 128}}, {.sigma_min = .01, .sigma_max = 10}).found.stationary;
  CHECK(section.unsettled == 0);
  CHECK(std::ranges::count(section.points, "stable", &StationaryPoint::kind) == 3);
  CHECK(section.index_sum == 1);
  for (std::size_t k = 0; k < 3; ++k)  // f = sigma_0 (m - x)/v near a mode, and the others' say in it is e^(-9/v)
    CHECK(section.points[k].rates[0] == Approx(-.5 / (.09 + .25)).epsilon(1e-6));
}

TEST_CASE("In 600 dimensions events bear directions where they are asked for", "[inspect]") {
  constexpr std::int64_t d = 600;
  constexpr double a = 1, s0 = .1;
  const at::Tensor row = normal_rows(1, d, 9), unit = row / row.norm();
  const auto model = test::mixture_model(at::cat({-a * unit, a * unit}), s0);
  // With the pilot: without one, steps at this tolerance pass the interfaces of so many dimensions.
  const InspectOptions options{.count = 128, .trajectories = 128, .health_rows = 0, .spectrum_rows = 0};
  const auto found = inspect(model, process, {}, {.options = options}).found;
  // The modes are a stripe along one direction: it is the leading one of the covariance, and decisions are along it.
  const SpectralLine& first = found.spectral->lines[0];
  CHECK(first.measured.count > 5);
  CHECK((first.along > .9 && first.along < 1 + 1e-6));  // directions are float32
  REQUIRE_FALSE(found.interfaces->profiles.empty());
  for (const InterfaceProfile& profile : found.interfaces->profiles) {
    const double v = s0 * s0 + profile.sigma * profile.sigma;
    // Along a line at the angle t to the modes' own the width is v/(a cos t); cos^2 t is `along`, .9 at least of these.
    CHECK(profile.width > v / a * (1 - 1e-6));
    CHECK(profile.width < v / a / std::sqrt(.9));
    CHECK(profile.width_local == Approx(profile.width).epsilon(1e-5));
  }
  const SampleRequest request{.count = 128, .long_directions = 40};
  SamplerOptions sampler;
  sampler.guard.profile = "default";
  int with = 0, without = 0;
  for (const auto& report : Sampler(model, process, sampler).sample(request).reports)
    for (const Event& event : report.events) {
      if (event.kind != EventKind::speciation) continue;
      (event.direction.empty() ? without : with) += 1;
      CHECK((event.direction.empty() || (report.trajectory < 40 && std::ssize(event.direction) == d)));
    }
  CHECK(with > 0);
  CHECK(without > 0);
}

TEST_CASE("Where D no longer depends on x there is no curl to find", "[inspect]") {
  const at::Tensor points = at::tensor({-1., 0., 1., .3, .2, -1.1}, at::kDouble).view({3, 2});
  const auto found = inspected(std::make_shared<PointCloud>(PointCloudOptions{.points = points})).found;
  INFO(found.health->reason);
  CHECK(found.health->verdict == Verdict::fine);
  CHECK(found.health->levels.back().curl.found < .1);
}

TEST_CASE("The number of clusters is found where there are some", "[inspect]") {
  const auto ring = std::dynamic_pointer_cast<const GaussianMixture>(test::ring());
  const auto eight = clusters_of(ring->draw(512, 0., 1), 0, 0);
  CHECK(eight.count() == 8);
  for (const auto size : eight.sizes) CHECK(size == Approx(64).margin(4 * std::sqrt(512. / 8 * 7 / 8)));
  const GaussianMixture gaussian({.means = at::zeros({1, 3}, at::kDouble), .stds = at::ones({1}, at::kDouble)});
  CHECK(clusters_of(gaussian.draw(512, 0., 1), 0, 0).count() == 1);
  CHECK(clusters_of(gaussian.draw(512, 0., 1), 5, 0).count() == 5);
  const at::Tensor labels = at::tensor({2., 2., 7.}, at::kDouble);
  const at::Tensor rows = at::tensor({0., 2., 5.}, at::kDouble).view({3, 1});
  CHECK(class_means(rows, labels).equal(at::tensor({1., 5.}, at::kDouble).view({2, 1})));
  CHECK(class_means(rows, labels.to(at::kLong)).equal(class_means(rows, labels)));
}

TEST_CASE("Samples of a point cloud are its points, those of a smooth mixture are not", "[inspect]") {
  const auto ring = std::dynamic_pointer_cast<const GaussianMixture>(test::ring());
  const at::Tensor data = ring->draw(400, 0., 1), held_out = ring->draw(400, 0., 2);
  const auto cloud = std::make_shared<PointCloud>(PointCloudOptions{.points = data});
  const InspectRequest request{.options = {.count = 128, .trajectories = 16}, .data = data};
  const auto learnt = *inspected(cloud, request, {.sigma_min = 1e-4}).found.training;
  CHECK(learnt.memorised == 128);
  CHECK(learnt.split);
  // At sigma_min D is the nearest point unless another is nearer than a few 1e-4: of 400, none by these seeds.
  for (const TrainingRow& row : learnt.rows) CHECK(row.distance < 1e-6);
  InspectRequest other = request;
  other.held_out = held_out;
  const auto smooth = *inspected(ring, other).found.training;
  CHECK(smooth.memorised == 0);  // any with a probability of 1 %
  CHECK(smooth.held_out == 400);
  // A maximum of likelihood over 400 ratios; the mixture is a little less than uniform.
  CHECK(smooth.dimension == Approx(2).epsilon(4 / std::sqrt(400.) + .1));
  CHECK(smooth.nearer == Approx(.5).margin(4 * std::sqrt((1. / 128 + 1. / 400) / 12)));
  CHECK_THROWS_AS(inspected(ring, {.options = {.count = 8}, .data = data.narrow(0, 0, 4)}), ConfigError);
}

TEST_CASE("Findings of exact models do not depend on batch and threads, and every evaluation is counted", "[inspect]") {
  InspectRequest request{.options = {.count = 64, .trajectories = 32}, .batch = 256, .threads = 1};
  const auto counted = std::make_shared<Counting>(test::ring());
  const auto a = inspected(counted, request).found;
  const auto total = a.speciation->evaluations + a.commitment->evaluations + a.health->evaluations +
                     a.spectrum->evaluations + a.interfaces->evaluations + a.product->evaluations;
  CHECK(total == counted->rows);
  CHECK(counted->outside == 0);
  request.batch = 7, request.threads = 2;
  const auto b = inspected(counted, request).found;
  for (std::size_t i = 0; i < a.speciation->reports.size(); ++i)
    CHECK(test::same_reports(a.speciation->reports[i], b.speciation->reports[i]));
  REQUIRE(a.commitment->sigma.size() == b.commitment->sigma.size());
  for (std::size_t i = 0; i < a.commitment->sigma.size(); ++i)
    CHECK((a.commitment->sigma[i] == b.commitment->sigma[i] ||
           (std::isnan(a.commitment->sigma[i]) && std::isnan(b.commitment->sigma[i]))));
  for (std::size_t i = 0; i < a.health->levels.size(); ++i) {
    CHECK(a.health->levels[i].curl.found == b.health->levels[i].curl.found);
    CHECK(a.health->levels[i].residual.found == b.health->levels[i].residual.found);
    CHECK(a.health->levels[i].entropy.found == b.health->levels[i].entropy.found);
  }
  CHECK(a.product->explained == b.product->explained);
  for (std::size_t i = 0; i < a.spectrum->rows.size(); ++i)
    CHECK(a.spectrum->rows[i].eigenvalues == b.spectrum->rows[i].eigenvalues);
}

TEST_CASE("A cancelled inspection keeps the sections that are done", "[inspect]") {
  struct Impatient : Observer {
    double share = 0;
    bool cancelled() const override { return share > .5; }  // on the paths
    void progress(double done) override { share = done; }
  } observer;
  InspectRequest request{.options = {.count = 16, .trajectories = 16}, .threads = 1, .observer = &observer};
  const auto found = inspected(test::ring(), request).found;
  CHECK_FALSE(found.complete);
  CHECK(found.speciation);
  CHECK(found.clusters);
  CHECK_FALSE(found.commitment);
  CHECK_FALSE(found.health);
}
