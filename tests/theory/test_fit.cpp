/// The fit check on networks whose description is known: an exact mixture dressed as one, under every pair of a true and a
/// stated description that its turn comes to. tools/bench/fit.cpp has all pairs.
#include "support/described.hpp"
#include "support/problems.hpp"

#include <shockstep/model_scales.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace shockstep;

namespace {

const std::vector<Process>& processes() {
  static const std::vector<Process> all{VarianceExploding{},        VpLinear{},    VpCosine{}, FlowMatching{},
                                        FlowMatching{.data_at = 1}, linear_table()};
  return all;
}

std::vector<ModelPtr> models() { return {test::two_modes(), test::ring(), test::hundred_modes()}; }

}  // namespace

TEST_CASE("The right description is never accused") {
  // 17 descriptions of each of 18 processes and models; 17 is prime to the 2 and 11 of scales and predictions.
  int tried = 0;
  for (const ModelPtr& exact : models())
    for (const Process& process : processes()) {
      const auto all = test::descriptions(*exact, process);
      for (std::size_t i = static_cast<std::size_t>(tried) % 17; i < all.size(); i += 17) {
        const auto model = wrap_network(test::network(exact, all[i]), all[i].options, process);
        for (const bool quick : {false, true}) {
          const FitReport report = check_fit(model, process, {.quick = quick, .seed = i}).report;
          CAPTURE(test::text(all[i]), quick, report.misfit, report.reason);
          CHECK(report.fits);
          CHECK(report.evaluations <= (quick ? 640 : 62 * 1024));
        }
        ++tried;
      }
    }
  CHECK(tried > 50);
}

TEST_CASE("A wrong description that changes samples is named") {
  int matter = 0, rejected = 0, named = 0;
  std::size_t turn = 0;
  for (const ModelPtr& exact : models())
    for (const Process& process : processes()) {
      const auto all = test::descriptions(*exact, process);
      for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < all.size(); ++j) {
          if (++turn % 911 != 0 || i == j) continue;
          const auto v = test::verdict(exact, all[i], all[j]);
          if (!v.matters) continue;
          ++matter, rejected += !v.report.fits, named += v.named;
          if (!v.named) WARN("not named: " << test::text(all[i]) << ", stated " << test::text(all[j]));
        }
    }
  INFO(matter << " pairs, " << rejected << " rejected, " << named << " named");
  CHECK(matter > 40);
  CHECK(named >= .9 * matter);
  CHECK(rejected >= .9 * matter);
}

TEST_CASE("Another process is named too") {
  const ModelPtr exact = test::ring();
  NetworkOptions options = test::options_for(*exact);
  options.predicts = Predicts::flow, options.time = TimeInput::t, options.scale_input = ScaleInput::process;
  const auto v = test::verdict(exact, {options, FlowMatching{.data_at = 1}}, {options, FlowMatching{}});
  CHECK_FALSE(v.report.fits);
  REQUIRE(v.report.suggestion);
  CHECK(v.report.suggestion->settings == std::vector<std::string>{"process: {kind: flow, data_at: 1}"});
  CHECK(v.named);
}

TEST_CASE("A mistake has its sentence") {
  const ModelPtr exact = test::ring();
  NetworkOptions truth = test::options_for(*exact), stated = truth;
  truth.predicts = Predicts::velocity, stated.predicts = Predicts::noise;
  const VpCosine process;
  for (const bool quick : {false, true}) {
    const auto v = test::verdict(exact, {truth, process}, {stated, process}, {.quick = quick});
    REQUIRE(v.report.suggestion);
    CHECK(v.report.suggestion->sentence == "this looks like a velocity, not noise");
    CHECK(v.report.suggestion->settings == std::vector<std::string>{"model.predicts: velocity"});
  }
}

TEST_CASE("Exact models pass, what is no denoiser does not") {
  const auto cloud =
      std::make_shared<PointCloud>(PointCloudOptions{.points = at::rand({40, 3}, at::kDouble), .std = .01});
  const auto well = std::make_shared<DoubleWell>(DoubleWellOptions{});
  for (const ModelPtr& model : std::vector<ModelPtr>{test::two_modes(), test::hundred_modes(), cloud, well}) {
    const FitReport report = check_fit(model, test::range()).report;
    CAPTURE(model->describe(), report.reason, report.misfit);
    CHECK(report.fits);
    CHECK((report.structure > .02 && report.structure <= 1));
  }
  // Half of the way from x to D is the regression of nothing.
  const auto half =
      make_model([ring = test::ring()](const at::Tensor& x,
                                       const at::Tensor& sigma) { return .5 * (x + ring->denoise(x, sigma)); },
                 {.shape = {2}});
  const FitReport report = check_fit(half, test::range()).report;
  CHECK_FALSE(report.fits);
  CHECK_FALSE(report.suggestion);
  CHECK(report.misfit > .1);
  CHECK_FALSE(report.reason.empty());
}

TEST_CASE("A model that breaks does not fit, and throws nothing") {
  const auto nan_below_one = make_model(
      [](const at::Tensor& x, const at::Tensor& sigma) {
        return at::where((sigma < 1).view({-1, 1}), x * std::numeric_limits<double>::quiet_NaN(), 0 * x);
      },
      {.shape = {2}});
  const FitReport report = check_fit(nan_below_one, test::range()).report;
  CHECK_FALSE(report.fits);
  CHECK(report.reason.find("NaN") != std::string::npos);
  const auto throws = make_model(
      [](const at::Tensor&, const at::Tensor&) -> at::Tensor { throw ModelError("no luck"); }, {.shape = {2}});
  CHECK(check_fit(throws, test::range()).report.reason == "no luck");
}

TEST_CASE("Guidance is no mistake") {
  // Conditional on one mode, and on none: the guided D is no denoiser, that of the label is.
  const ModelPtr one = test::mixture_model(at::tensor({1.}, at::kDouble).view({1, 1}), .1), both = test::two_modes();
  NetworkOptions options = test::options_for(*both);
  options.labels = {1}, options.guidance = Guidance{.scale = 4, .null_label = 0};
  const auto model = wrap_network(
      [=](const at::Tensor& x, const at::Tensor& time, const at::Tensor& label) {
        return at::where((label == 1).view({-1, 1}), one->denoise(x, time), both->denoise(x, time));
      },
      options, test::range());
  const FitReport report = check_fit(model, test::range()).report;
  CAPTURE(report.reason, report.misfit);
  CHECK(report.fits);
}

TEST_CASE("A noise predictor that errs by a hundredth at sigma 150 is no mistake") {
  // D is off by 1.5 there, more than the data are wide; the steps to come forget it. Samples are those of the exact one.
  const auto exact = test::ring();
  const Process process = VarianceExploding{.sigma_min = .01, .sigma_max = 150};
  NetworkOptions options = test::options_for(*exact);
  options.predicts = Predicts::noise;
  const auto model = wrap_network(
      [=](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor&) {
        const at::Tensor s = sigma.view({-1, 1});
        return (x - exact->denoise(x, sigma)) / s + .01 * (x / s).cos() * s / (1 + s);
      },
      options, process);
  const FitReport report = check_fit(model, process).report;
  CAPTURE(report.reason, report.misfit);
  CHECK(report.fits);
  std::int64_t computed = 0;
  CHECK(quick_fit(model, process, measure_scales(*model, process), 16, computed).fits);
  CHECK(computed == 0);
}

TEST_CASE("A network that may be undertrained is in doubt, but fits") {
  // D' = D + a (D - L), L = s^2/(sigma^2 + s^2) x the best linear guess: the better guess D takes away a^2 |D - L|^2, of the linear guess's
  // error a^2 times what D explains of it, at most 1, were the data those of D. Of the ring D explains nearly all at sigma .3.
  const auto exact = test::ring();
  const double a = 1, s2 = std::pow(exact->data_std(), 2);
  const auto model = wrap_network(
      [=](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor&) {
        const at::Tensor s = sigma.view({-1, 1}), linear = s2 / (s * s + s2) * x;
        return exact->denoise(x, sigma) * (1 + a) - a * linear;
      },
      test::options_for(*exact), test::range());
  const FitReport report = check_fit(model, test::range()).report;
  CAPTURE(report.reason, report.misfit);
  CHECK(report.fits);
  CHECK(report.misfit > report.largest_misfit);
  CHECK(report.misfit < a * a);
  CHECK_FALSE(report.suggestion);
  CHECK(report.doubt.find("undertrained") != std::string::npos);
}

TEST_CASE(
    "A bound that is just missed is a doubt that costs nothing; one that is far exceeded has other descriptions "
    "tried") {
  // D + a (D - L) as above: F grows with 1 + a, and the error of D with a^2. Of a denoiser (a = 0) all bounds hold.
  const auto exact = test::ring();
  const double s2 = std::pow(exact->data_std(), 2);
  bool for_nothing = false, tried = false;
  for (double a = 0; a <= 4; a += .25) {
    const auto model = wrap_network(
        [=](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor&) {
          const at::Tensor s = sigma.view({-1, 1}), linear = s2 / (s * s + s2) * x;
          return exact->denoise(x, sigma) * (1 + a) - a * linear;
        },
        test::options_for(*exact), test::range());
    std::int64_t computed = 0;
    const FitReport report = quick_fit(model, test::range(), measure_scales(*model, test::range()), 16, computed);
    CAPTURE(a, report.doubt, report.reason, computed);
    if (a == 0) CHECK(report.doubt.empty());
    if (computed > 0) {
      tried = true;
      CHECK((!report.fits || !report.doubt.empty()));
      continue;
    }
    CHECK_FALSE(tried);  // a grows, and so does what is missed
    CHECK(report.fits);
    CHECK(report.doubt.empty() == std::ranges::all_of(report.identities, &FitIdentity::holds));
    for_nothing = for_nothing || !report.doubt.empty();
  }
  CHECK(for_nothing);
  CHECK(tried);
}

TEST_CASE("A range that begins below the spread of the data is no mistake") {
  // D is nearly x there, since the latents are narrower than the data: (sigma^2/(sigma^2 + s^2))^2 = .04 of sigma^2 between them.
  const auto exact = test::mixture_model(at::tensor({-40., -20., 20., 40.}, at::kDouble).view({4, 1}), 2.);
  NetworkOptions options = test::options_for(*exact);
  const Process process = VarianceExploding{.sigma_min = .02, .sigma_max = 16};
  const auto model = wrap_network(
      [=](const at::Tensor& x, const at::Tensor& sigma, const at::Tensor&) { return exact->denoise(x, sigma); },
      options, process);
  const FitReport report = check_fit(model, process).report;
  CAPTURE(report.reason, report.misfit);
  CHECK(report.fits);
}
