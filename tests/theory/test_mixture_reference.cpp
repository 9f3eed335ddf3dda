// The mixture against 40-digit values, and the theory of its interfaces against the mixture.
#include "support/reference.hpp"

#include <cmath>

using namespace shockstep;
using namespace shockstep::test;

namespace {

double largest(const at::Tensor& t) { return t.abs().max().item<double>(); }

// Two modes at +-a of width s0 on a line.
GaussianMixture pair(double a, double s0) {
  return GaussianMixture(
      {.means = at::tensor({-a, a}, at::kDouble).reshape({2, 1}), .stds = at::full({1}, s0, at::kDouble)});
}

}  // namespace

// A logit is off by some eps of its terms, |x|^2/v and ln v: up to 1e4 x 2e-16 here, two decades inside the 1e-10 asked for.
TEST_CASE("score, denoiser, Jacobian, rate and density at the reference points", "[reference]") {
  const auto mixtures = reference("mixtures");
  const bool full = GENERATE(false, true);
  for (const auto& point : reference("score_points")) {
    const auto model = mixture(mixtures[point["mixture"].get<std::string>()], full);
    const auto x = tensor(point["x"]).unsqueeze(0), sigma = tensor(point["sigma"]).reshape({1});
    INFO(point["mixture"] << " at sigma " << point["sigma"] << ", x " << point["x"]);

    const auto score = tensor(point["score"]), D = tensor(point["denoised"]), J = tensor(point["jacobian"]);
    CHECK(largest(model.score(x, sigma)[0] - score) < 1e-10 * largest(score));
    CHECK(largest(model.denoise(x, sigma)[0] - D) < 1e-10 * largest(D));
    CHECK(largest(model.jacobian(x, sigma)[0] - J) < 1e-10 * largest(J));
    CHECK(largest(model.responsibilities(x, sigma)[0] - tensor(point["responsibilities"])) < 1e-10);

    const double rate = point["rate"], log_density = point["log_density"];
    CHECK(std::abs(model.growth_rate(x, sigma).item<double>() - rate) < 1e-10 * std::max(1., 1 + rate));
    CHECK(std::abs(model.log_density(x, sigma).item<double>() - log_density) <
          1e-10 * std::max(1., std::abs(log_density)));
  }
}

// For p = p1 + p2 and phi = ln(p1/p2):  s = (s1 + s2)/2 + (1/2) tanh(phi/2) grad phi, exactly.
TEST_CASE("between two modes the score is the mean of theirs and a tanh profile", "[reference]") {
  const auto mixtures = reference("mixtures");
  for (const auto& point : reference("interface")) {
    const auto& spec = mixtures[point["mixture"].get<std::string>()];
    const auto both = mixture(spec), first = mixture(spec, false, {0}), second = mixture(spec, false, {1});
    const auto x = tensor(point["x"]).unsqueeze(0), sigma = tensor(point["sigma"]).reshape({1});
    INFO(point["mixture"] << " at sigma " << point["sigma"] << ", x " << point["x"]);

    const auto w = tensor(spec["weights"]);
    const double phi = (first.log_density(x, sigma) - second.log_density(x, sigma)).item<double>() +
                       std::log((w[0] / w[1]).item<double>());
    const auto s1 = first.score(x, sigma)[0], s2 = second.score(x, sigma)[0], s = both.score(x, sigma)[0];
    const auto scale = std::max({1., largest(s1), largest(s2)});  // s vanishes on the midline
    CHECK(phi == Approx(point["phi"].get<double>()).margin(1e-12));
    CHECK(largest(s1 - s2 - tensor(point["grad_phi"])) < 1e-12 * scale);
    CHECK(largest((s1 + s2) / 2 - tensor(point["background"])) < 1e-12 * scale);
    CHECK(largest(s - tensor(point["score"])) < 1e-10 * scale);
    CHECK(largest((s1 + s2) / 2 + .5 * std::tanh(phi / 2) * (s1 - s2) - s) < 1e-12 * scale);
  }
}

// Symmetric pair, v = s0^2 + sigma^2: s = -x/v + (a/v) tanh(a x/v).
TEST_CASE("the symmetric pair has the slope, the width and the critical variance of theory", "[reference]") {
  for (const auto& row : reference("speciation")) {
    const double a = row["a"], s0 = row["sigma0"];
    const auto model = pair(a, s0);
    const auto at_variance = [&](double v) { return at::full({1}, std::sqrt(v - s0 * s0), at::kDouble); };
    const auto slope = [&](double v) {  // grad s = (J - 1)/sigma^2
      const auto sigma = at_variance(v);
      return model.growth_rate(at::zeros({1, 1}, at::kDouble), sigma).item<double>() / (v - s0 * s0);
    };
    INFO("a " << a << ", s0 " << s0);

    const double critical = row["variance_critical"], sigma_critical = row["sigma_critical"];
    CHECK(critical == Approx(s0 * s0 + sigma_critical * sigma_critical).epsilon(1e-14));
    // The slope is a difference of 1/v and a^2/v^2, each good to 1e-15, and linear in v: a relative 1e-6 of v is resolved.
    CHECK(std::abs(slope(critical)) < 1e-12 / critical);
    CHECK(slope(critical * (1 - 1e-6)) > 0);
    CHECK(slope(critical * (1 + 1e-6)) < 0);

    for (const auto& at_v : row["exponents"]) {
      const double v = at_v["variance"], width = at_v["width"], want = at_v["midpoint_score_slope"];
      CHECK(std::abs(slope(v) - want) < 1e-11 * std::max(1 / v, a * a / (v * v)));
      // One width off the midline the layer is at tanh(1) of its height a/v.
      const auto s = model.score(at::full({1, 1}, width, at::kDouble), at_variance(v)).item<double>();
      CHECK((s + width / v) / (a / v) == Approx(std::tanh(1.)).epsilon(1e-12));
    }
  }
}

// Gamma = int (J - 1) dlam along the midline from the critical noise level down to v: (1/2)(a^2/v - 1 - ln(a^2/v)).
TEST_CASE("the exponent of the midline is the integral of the rate", "[reference]") {
  for (const auto& row : reference("speciation")) {
    const double a = row["a"], s0 = row["sigma0"], sigma_critical = row["sigma_critical"];
    const auto model = pair(a, s0);
    for (const auto& at_v : row["exponents"]) {
      INFO("a " << a << ", s0 " << s0 << ", v " << at_v["variance"]);
      const double v = at_v["variance"], want = at_v["interface_exponent"];
      // Simpson on 2000 intervals: J - 1 = sigma^2 (a^2/v^2 - 1/v) varies over decades of e^{2 lam}, h <= 2.4/2000, and
      // h^4/180 times a fourth derivative of about 2^4 J per unit lam leaves 1e-12 of Gamma.
      constexpr int n = 2000;
      const double begin = -std::log(sigma_critical), h = (-.5 * std::log(v - s0 * s0) - begin) / n;
      const auto lam = begin + h * at::arange(n + 1, at::kDouble);
      const auto rate = model.growth_rate(at::zeros({n + 1, 1}, at::kDouble), (-lam).exp());
      auto weight = at::full({n + 1}, 2., at::kDouble);
      weight.slice(0, 1, n, 2).fill_(4);
      weight[0] = weight[n] = 1;
      CHECK((h / 3 * (weight * rate).sum()).item<double>() == Approx(want).epsilon(1e-10).margin(1e-13));
    }
  }
}
