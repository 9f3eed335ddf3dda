/// In one dimension the probability flow transports quantiles, and a perturbation grows by p_start(x_start)/p_end(x_end).
#include "support/reference.hpp"

#include <shockstep/shockstep.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace shockstep;

namespace {

struct FlowMap {
  std::shared_ptr<const GaussianMixture> model;
  std::vector<double> start, end, log_amplification;
};

FlowMap flow_map(const std::string& name) {
  const auto mixtures = test::reference("mixtures");
  FlowMap map{std::make_shared<GaussianMixture>(test::mixture(mixtures[name])), {}, {}, {}};
  for (const auto& row : test::reference("flow_map_1d"))
    if (row["mixture"] == name) {
      map.start.push_back(row["x_start"]);
      map.end.push_back(row["x_end"]);
      map.log_amplification.push_back(row["log_amplification"]);
    }
  REQUIRE(map.start.size() > 20);
  return map;
}

constexpr VarianceExploding range{.sigma_min = .002, .sigma_max = 80};

Result run(const FlowMap& map, double tolerance, const std::vector<double>& start) {
  SamplerOptions options;
  options.tolerance = tolerance;
  options.order = 5;
  options.guard.enabled = false;
  options.final = Final::keep;
  options.max_evaluations = 100000;
  const auto n = static_cast<std::int64_t>(start.size());
  const at::Tensor noise = at::from_blob(const_cast<double*>(start.data()), {n, 1}, at::kDouble) / range.sigma_max;
  return Sampler(map.model, range, options).sample({.count = n, .noise = noise});
}

/// Largest weighted gain (1 + sigma/data_std) G over a path with this end: G = p_sigma(x)/p_min(x_end) <= max p_sigma / p_min.
double gain_bound(const FlowMap& map, double end) {
  const auto p_end =
      map.model->log_density(at::full({1, 1}, end, at::kDouble), at::full({1}, range.sigma_min, at::kDouble))
          .item<double>();
  double worst = 0;
  for (double sigma = range.sigma_min; sigma < range.sigma_max; sigma *= 1.1) {
    const auto x = at::linspace(-3, 3, 601, at::kDouble).view({601, 1});
    const double p = map.model->log_density(x, at::full({601}, sigma, at::kDouble)).max().item<double>();
    worst = std::max(worst, (1 + sigma / map.model->data_std()) * std::exp(p - p_end));
  }
  return worst;
}

}  // namespace

TEST_CASE("Samples are the exact quantiles, in proportion to the tolerance down to 1e-9") {
  const std::string name = GENERATE("symmetric_1d", "asymmetric_1d", "three_1d");
  CAPTURE(name);
  const FlowMap map = flow_map(name);
  std::vector<double> medians;
  for (const double tolerance : {1e-3, 1e-5, 1e-7, 1e-9}) {
    CAPTURE(tolerance);
    const Result result = run(map, tolerance, map.start);
    std::vector<double> errors;
    for (std::size_t i = 0; i < map.start.size(); ++i) {
      CAPTURE(i, map.end[i]);
      const auto& report = result.reports[i];
      REQUIRE(report.status == Status::ok);
      const double error = std::abs(result.samples.const_data_ptr<double>()[i] - map.end[i]);
      errors.push_back(error);
      // Each accepted step errs by at most tolerance (1 + sigma/data_std), amplified by at most G to the end. The reference
      // has 1e-15 of rounding in x_start, amplified likewise.
      const double bound = gain_bound(map, map.end[i]);
      CHECK(error < report.accepted * tolerance * bound + 80 * 4e-16 * bound);
    }
    std::nth_element(errors.begin(), errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2), errors.end());
    medians.push_back(errors[errors.size() / 2]);
  }
  // In proportion: a factor 100 in the tolerance is a factor of at least 30 in the median error (order 5 with its
  // corrector overshoots proportion as steps shrink), and the median error stays below the tolerance itself.
  for (std::size_t i = 0; i < 3; ++i) CHECK(medians[i + 1] < medians[i] / 30);
  CHECK(medians[3] < 1e-9);
}

TEST_CASE("Perturbations of the start grow by p_start/p_end") {
  const std::string name = GENERATE("symmetric_1d", "asymmetric_1d", "three_1d");
  CAPTURE(name);
  const FlowMap map = flow_map(name);
  const double step =
      1e-4;  // central difference: error step^2/6 |x'''|, relative to the width of the start law below 1e-4
  std::vector<double> plus, minus;
  for (double x : map.start) plus.push_back(x + step), minus.push_back(x - step);
  const Result a = run(map, 1e-11, plus), b = run(map, 1e-11, minus);
  for (std::size_t i = 0; i < map.start.size(); ++i) {
    // Within 1e-3 of a cut between modes the map itself bends on the scale of the difference.
    const double amplification =
        (a.samples.const_data_ptr<double>()[i] - b.samples.const_data_ptr<double>()[i]) / (2 * step);
    if (map.log_amplification[i] > -2) continue;
    CAPTURE(i, map.start[i], map.end[i]);
    CHECK(std::log(amplification) == Approx(map.log_amplification[i]).margin(1e-3));
  }
}
