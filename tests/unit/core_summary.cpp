// summary.json and the quantiles in it.
#include "config/yaml.hpp"
#include "output/quantile_sketch.hpp"
#include "output/summary.hpp"
#include "output/warnings.hpp"
#include "support/test.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

using namespace shockstep;

TEST_CASE("quantiles are within one per cent, in any order, over any range") {
  QuantileSketch sketch;
  constexpr int n = 10001;
  for (int i = 0; i < n; ++i) sketch.add(std::pow(10., 12. * ((i * 7919) % n) / (n - 1.) - 10));  // 1e-10 to 1e2
  for (const double q : {.05, .25, .5, .95, .99})
    CHECK(sketch.quantile(q) == Approx(std::pow(10., 12 * q - 10)).epsilon(.0101));
  CHECK(sketch.count() == n);
  CHECK(sketch.maximum() == Approx(100));
}

TEST_CASE("zeros, NaN and nothing") {
  QuantileSketch sketch;
  CHECK(std::isnan(sketch.quantile(.5)));
  sketch.add(std::nan(""));
  CHECK(sketch.count() == 0);
  for (const double v : {0., 0., 0., 5.}) sketch.add(v);
  CHECK(sketch.quantile(.5) == 0);
  CHECK(sketch.quantile(1) == 5);
  CHECK(sketch.mean() == 1.25);
  sketch.add(INFINITY);
  CHECK(sketch.quantile(1) == INFINITY);
}

TEST_CASE("the summary holds every documented key") {
  RunFacts facts;
  facts.setup.version = "1.2.3";
  facts.setup.config = parse_yaml("run: {count: 10, device: 'cpu'}\na: [1e-2, on, '3']", "x.yaml");
  facts.profile.step_tolerance = .01;
  RunStatistics s;
  s.count_by_status[0] = 9, s.count_by_status[2] = 1;
  s.evaluations = 300, s.evaluations_max = 60, s.probes = 5;
  s.wall_seconds = 2, s.worker_seconds = 4, s.model_seconds = 3, s.model_rows = 9, s.model_capacity = 12;
  QuantileSketch exponents, errors;
  exponents.add(.5);
  const auto j = nlohmann::json::parse(summary_json(facts, s, exponents, errors));
  CHECK(j.at("version") == "1.2.3");
  CHECK(j.at("config").at("run").at("count") == 10);
  CHECK(j.at("config").at("run").at("device") == "cpu");
  CHECK(j.at("config").at("a")[0] == .01);
  CHECK(j.at("config").at("a")[1] == true);
  CHECK(j.at("config").at("a")[2] == "3");
  CHECK(j.at("status").at("ok") == 9);
  CHECK(j.at("status").at("non_finite") == 1);
  CHECK(j.at("status").at("budget") == 0);
  CHECK(j.at("evaluations").at("total") == 300);
  CHECK(j.at("evaluations").at("mean") == 30);
  CHECK(j.at("evaluations").at("max") == 60);
  CHECK(j.at("evaluations").at("probes_mean") == .5);
  CHECK(j.at("exponent").at("q50").get<double>() == Approx(.5).epsilon(.011));
  CHECK(j.at("error_estimate").at("count") == 0);
  CHECK(j.at("overhead_fraction") == .25);
  CHECK(j.at("occupancy") == .75);
  CHECK(j.at("tolerance_kind") == "per_step");
  CHECK(j.at("tolerance_internal") == .01);
  CHECK(j.at("ranks") == 1);
  CHECK(j.at("guard").at("source") == "default");
  CHECK(j.at("guard").at("threshold").is_null());
  CHECK(j.at("noise").at("trajectories") == 0);
  CHECK(j.at("asymmetry").is_null());   // no probe measured it
  CHECK(j.at("warnings").size() == 1);  // the one that is not finite
  for (const char* key : {"wall_seconds", "model_seconds", "device", "threads"}) CHECK(j.contains(key));
}

TEST_CASE("a warning names the symptom and its remedy") {
  RunFacts facts;
  facts.tolerance = 1e-7, facts.float64 = false;
  RunStatistics s;
  s.count_by_status[0] = 100;
  s.asymmetry = .11;
  CHECK(warnings(facts, s).empty());
  s.asymmetry = .52;
  s.noise_limited = 12, s.noise = 3.1e-6, s.noise_excess = 98;
  s.blown_up = 1;
  s.drift = 7.04, s.drift_bound = 1.6;
  CHECK(
      warnings(facts, s) ==
      std::vector<std::string>{
          "12 trajectories: the model's output is noisy (about 3.1e-06 in D, root mean square), so sampler.tolerance = "
          "1e-07 cannot be reached; use run.dtype: float64 or a tolerance of 1e-05",
          "1 trajectory: the model blows up: D moved by more than a thousand standard deviations of the data",
          "the samples drift: the mean square of D - x is 7 sigma^2 along the trajectories; that of a denoiser is at "
          "most 1, whatever the data",
          "the model is not a gradient field: its Jacobian is asymmetric by 0.52 where events were measured; events "
          "and error estimates assume a symmetric one"});
  facts.float64 = true;
  CHECK(warnings(facts, s)[0].ends_with("cannot be reached; use a tolerance of 1e-05"));
}

TEST_CASE("What ended beyond the tolerance is told what would do") {
  RunFacts facts;
  facts.tolerance = 1e-3, facts.max_evaluations = 40;
  RunStatistics s;
  s.count_by_status[static_cast<int>(Status::budget)] = 3, s.evaluations_max = 40;
  const std::string short_of =
      "3 trajectories: sampler.max_evaluations = 40 does not suffice for the tolerance (status budget); raise it";
  CHECK(warnings(facts, s) == std::vector{short_of});
  facts.reached = .00211;  // to two digits, upwards
  CHECK(warnings(facts, s) ==
        std::vector{short_of + ", or take a tolerance of 0.0022, which these trajectories reached"});
  s.evaluations_max = 11;
  CHECK(warnings(facts, s) ==
        std::vector<std::string>{
            "3 trajectories: the pilot found no steps for the tolerance (status budget); take one of 0.0022, which "
            "these trajectories reached"});
  facts.sde = true;
  CHECK(warnings(facts, s)[0].ends_with(
      "or the shortest step of a path, does not suffice for the tolerance (status budget); raise it"));
}

TEST_CASE("sigma_max is held against the data where they are known") {
  RunFacts facts;
  facts.sigma_max = 80;
  RunStatistics s;
  facts.data = {.mean = 127.5, .deviation = 74};
  CHECK(warnings(facts, s)[0].starts_with(
      "process.sigma_max = 80 is not far above the data, of mean 1.3e+02 and standard deviation 74:"));
  facts.interpolated = true;
  CHECK(warnings(facts, s).size() == 1);
  facts.data = {.mean = 1, .deviation = 19.9};
  CHECK(warnings(facts, s).empty());
  facts.data = {.mean = 1, .deviation = 74}, facts.from_data = true;
  CHECK(warnings(facts, s).empty());
}

TEST_CASE("samples much wider or narrower than data_std are named") {
  RunStatistics s;
  const auto sentences = [&](double data_std, int samples, bool one_condition = false, double mean = 0) {
    RunFacts facts;
    facts.scales.emplace();
    facts.scales->data_std = data_std;
    facts.one_condition = one_condition;
    for (int i = 0; i < samples; ++i) facts.spread.add(std::vector{mean + (i % 2 ? .5 : -.5), i % 2 ? -.5 : .5});
    facts.spread.add(std::vector{9., std::nan("")});
    return warnings(facts, s);
  };
  // Standard deviation .5 sqrt(16/15) = .516 in both coordinates.
  CHECK(sentences(.5, 16).empty());
  CHECK(sentences(.516 * 1.29, 16).empty());
  CHECK(sentences(.516 / 1.29, 16).empty());
  CHECK(sentences(1, 16) ==
        std::vector<std::string>{
            "the steps are those of data_std = 1, but the standard deviation of the samples is 0.52; "
            "model.data_std near that takes fewer evaluations for the same error"});
  CHECK(sentences(.25, 16).size() == 1);
  CHECK(sentences(1, 15).empty());  // too few to tell
  CHECK(sentences(1, 16, true).empty());
  CHECK(sentences(.25, 16, true).size() == 1);
  // Means of 2 and 0 are 1 from theirs: sqrt(.516^2 + 1) = 1.125 about one mean.
  CHECK(sentences(1.1, 16, false, 2).empty());
  CHECK(sentences(1.125 * 1.41, 16, false, 2).size() == 1);
  CHECK(sentences(.516 / 1.41, 16, false, 2).size() == 1);
}
