/// What a fitted solver is made of: weights, gaps, the ridge of a step, its file.
#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/fitted_solver.hpp>
#include <shockstep/stepper.hpp>

#include "config/run_config.hpp"
#include "config/yaml.hpp"
#include "controller/fitted_solver_json.hpp"
#include "core/needed_evaluations.hpp"
#include "output/solver_text.hpp"
#include "stepper/grid_plan.hpp"
#include "stepper/solver_weights.hpp"
#include "stepper/step_ridge.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>

using namespace shockstep;

namespace {

FittedSolver example() {
  FittedSolver solver{.sigmas = {80, 2. / 3, .1},
                      .times = {80, 2. / 3, .1},
                      .sigma_min = .01,
                      .data_std = .5,
                      .steps = {{.correct = {}, .predict = {1. / 3}},
                                {.correct = {.1, -2e-17}, .predict = {std::nextafter(.25, 1), -.125}},
                                {.correct = {.5}, .predict = {.3, .2, -1e-300}}}};
  solver.error = {.1, .2, .3}, solver.plan = {1. / 7, .5, .6};
  solver.planned = {80, 1, .01}, solver.again = {80, 2, 1, .5, .1, .01};
  solver.usual_gaps = {1. / 3, 1e-5}, solver.usual_estimate = .07;
  solver.usual.methods = {{"A, \"quoted\"", {.5, .4, .9}}, {"B", {1. / 9, .1, .2}}};
  solver.usual.best = "B", solver.usual.needed = 10. / 3, solver.usual.evaluations = 96;
  solver.rows = 8, solver.grids = 3, solver.evaluations = 500, solver.shared = 200;
  solver.origin = {"a network: \"quoted\", # of shape [2]", "guided from 10 by 2", "ve", 2, "0a-1b"};
  return solver;
}

bool same(const UsualMethods& a, const UsualMethods& b) {
  bool methods = a.methods.size() == b.methods.size();
  for (std::size_t m = 0; methods && m < a.methods.size(); ++m)
    methods = a.methods[m].name == b.methods[m].name && a.methods[m].error.rms == b.methods[m].error.rms &&
              a.methods[m].error.median == b.methods[m].error.median &&
              a.methods[m].error.largest == b.methods[m].error.largest;
  return methods && a.best == b.best && a.needed == b.needed && a.evaluations == b.evaluations;
}

bool same(const FittedSolver& a, const FittedSolver& b) {
  bool steps = a.steps.size() == b.steps.size();
  for (std::size_t n = 0; steps && n < a.steps.size(); ++n)
    steps = a.steps[n].correct == b.steps[n].correct && a.steps[n].predict == b.steps[n].predict;
  return steps && a.sigmas == b.sigmas && a.times == b.times && a.sigma_min == b.sigma_min &&
         a.data_std == b.data_std && a.final == b.final && a.origin.model == b.origin.model &&
         a.origin.conditioning == b.origin.conditioning && a.origin.process == b.origin.process &&
         a.origin.dimension == b.origin.dimension && a.error.rms == b.error.rms && a.plan.largest == b.plan.largest &&
         a.origin.checksum == b.origin.checksum && a.shared == b.shared && a.planned == b.planned &&
         same(a.usual, b.usual) && a.again == b.again && a.usual_gaps == b.usual_gaps &&
         a.usual_estimate == b.usual_estimate && a.rows == b.rows && a.grids == b.grids &&
         a.evaluations == b.evaluations;
}

/// sum_i weights_i f(lams_i)
double combined(const std::vector<double>& weights, const std::vector<double>& lams, auto f) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * f(lams[i]);
  return sum;
}

double sum_of(const std::vector<double>& weights) { return std::reduce(weights.begin(), weights.end(), 0.); }

}  // namespace

TEST_CASE("weights of the solver are those of the multistep of F, in y") {
  const double s = .7;
  const std::vector<double> lams{.4, -.3, -1.1};  // newest first
  const double h = .6, end = lams[0] + h;
  const std::array ages{0., .7, 1.5};
  const MultistepWeights w = multistep_weights(ages, h, 0, s * std::exp(lams[0]));
  const double scale = std::hypot(std::exp(-end), s);  // x over y at the end
  const auto predict = integrated_weights(lams, lams[0], end, s);
  std::vector<double> with_end{end};
  with_end.insert(with_end.end(), lams.begin(), lams.end());
  const auto correct = integrated_weights(with_end, lams[0], end, s);
  // Both by Gauss' rule with ten nodes: they differ by rounding.
  CHECK(correct[0] * scale == Approx(w.correct).epsilon(1e-12));
  for (int i = 0; i < 3; ++i) {
    CHECK(predict[i] * scale == Approx(w.predict[i]).epsilon(1e-12));
    CHECK(correct[i + 1] * scale == Approx(w.predict[i] - w.correct * w.extrapolate[i]).epsilon(1e-11));
  }
  // sum of the weights: the integral of F = 1, which has a closed form; the rule is exact to about 1e-12 on such a step.
  CHECK(predict[0] + predict[1] + predict[2] == Approx(kernel_integral(lams[0], end, s)).epsilon(1e-11));
}

TEST_CASE("the last step leads to x at sigma_min, or to D there") {
  const double s = .7, end = 3;
  const std::vector<double> lams{2.2, 1., .1};
  const auto F = [](double lam) { return 1 - lam + .3 * lam * lam; };  // what three values interpolate exactly
  const double to_x = combined(last_weights(lams, lams[0], end, s, Final::keep), lams, F);
  const double to_D = combined(last_weights(lams, lams[0], end, s, Final::denoise), lams, F);
  const double y = .4, sigma = std::exp(-end), scale = std::hypot(sigma, s);
  FittedSolver ends{.sigma_min = sigma, .data_std = s, .final = Final::keep};
  const double x = ends.end_scale() * (y + to_x);
  CHECK(x == Approx(scale * (y + to_x)).epsilon(1e-15));
  ends.final = Final::denoise;
  // D = c x + sigma/sqrt(sigma^2 + s^2) F, c = s^2/(sigma^2 + s^2): stepper.hpp
  CHECK(ends.end_scale() * (y + to_D) == Approx(s * s / (scale * scale) * x + sigma / scale * F(end)).epsilon(1e-13));
}

TEST_CASE("a gap of order k vanishes for polynomials of lower degree") {
  const std::vector<double> lams{1.3, .9, .2, -.5, -1.7, -2.};
  for (std::size_t k = 0; k < lams.size(); ++k) {
    const auto weights = gap_weights(lams, k);
    REQUIRE(weights.size() == k + 1);
    for (int power = 0; power < static_cast<int>(k); ++power)
      CHECK(std::abs(combined(weights, lams, [&](double lam) { return std::pow(lam, power); })) < 1e-12);
    CHECK(std::abs(combined(weights, lams, [&](double lam) { return std::pow(lam, static_cast<double>(k)); })) > .1);
  }
}

TEST_CASE("the ridge finds weights that fit, and believes the prior where it is strong") {
  // Rows of 40 coordinates whose target is 2 g_0 - .5 g_1.
  std::vector<std::vector<double>> g0, g1, r;
  for (int p = 0; p < 5; ++p) {
    auto &a = g0.emplace_back(), &b = g1.emplace_back(), &c = r.emplace_back();
    for (int i = 0; i < 40; ++i) {
      a.push_back(std::sin(1. + p + i)), b.push_back(std::cos(2. * i * (p + 1)));
      c.push_back(2 * a.back() - .5 * b.back());
    }
  }
  const auto fitted = [&](double strength) {
    std::vector<RowMoments> moments;
    for (std::size_t p = 0; p < r.size(); ++p) {
      const std::array<std::span<const double>, 2> features{g0[p], g1[p]};
      moments.emplace_back(features, r[p]);
    }
    return robust_ridge(moments, strength);
  };
  auto x = fitted(0);
  // The sums are well conditioned, and the least diagonal adds 1e-14 of them.
  CHECK(x[0] == Approx(2).epsilon(1e-12));
  CHECK(x[1] == Approx(-.5).epsilon(1e-12));
  // One row of five of another rule hardly counts: without weights x_0 would be off by a fifth of 10; three rounds leave less than a
  // twentieth of that.
  for (std::size_t i = 0; i < 40; ++i) r[3][i] = 12 * g0[3][i];
  x = fitted(0);
  CHECK(x[0] == Approx(2).margin(.1));
  x = fitted(std::numeric_limits<double>::infinity());
  CHECK(x == std::vector<double>{0, 0});
  // mean |g_0|^2 is about .5, so with a single feature of target 2 g_0 and v = 2: x_0 = 2 A/(A + strength v) with sums over 5 rows.
  for (std::size_t p = 0; p < r.size(); ++p)
    for (std::size_t i = 0; i < 40; ++i) r[p][i] = 2 * g0[p][i], g1[p][i] = 0;
  double A = 0;
  for (const auto& row : g0)
    for (const double v : row) A += v * v / 40;
  const double v = 4 * A / 5;
  // The rows are left equally well, but not equally: weights lie between 1/(1 + 1/4.5 most/median) and 1.
  CHECK(fitted(.1)[0] == Approx(2 * A / (A + .1 * v)).epsilon(.02));
}

TEST_CASE("a solver is read from its file to the last bit, as YAML and as JSON") {
  const FittedSolver solver = example();
  CHECK(same(fitted_solver_from_json(to_json(solver), "x"), solver));
  const auto folder = std::filesystem::temp_directory_path() / "shockstep_solver";
  std::filesystem::create_directories(folder);
  for (const auto format : {ScheduleFormat::yaml, ScheduleFormat::json}) {
    std::ofstream(folder / "solver.yaml") << solver_text({solver}, format);
    const auto root = parse_yaml("sampler: {steps: {file: solver.yaml}}\nmodel: {kind: x}\n", "x.yaml");
    const RunConfig config(root, (folder / "x.yaml").string(), {"multistep"});
    REQUIRE(config.sampler.steps.has_value());
    REQUIRE(config.sampler.steps->solver);
    CHECK(same(*config.sampler.steps->solver, solver));
  }
  std::filesystem::remove_all(folder);
}

/// Of 3, 4 and 6 evaluations.
std::vector<FittedSolver> three_examples() {
  std::vector<FittedSolver> solvers(3, example());
  for (std::size_t i = 1; i < solvers.size(); ++i)
    for (std::size_t more = 0; more < (i == 1 ? 1 : 3); ++more) {
      solvers[i].sigmas.push_back(solvers[i].sigmas.back() * .9), solvers[i].times.push_back(1);
      solvers[i].steps.push_back({.correct = {.1}, .predict = {.1, .7}});
    }
  return solvers;
}

TEST_CASE("a file of several solvers gives each to the last bit, by its evaluations or the most allowed") {
  const auto solvers = three_examples();
  CHECK(solvers_to_json({solvers[0]}) == to_json(solvers[0]));
  const auto again = fitted_solvers_from_json(solvers_to_json(solvers), "x");
  REQUIRE(again.size() == 3);
  const auto folder = std::filesystem::temp_directory_path() / "shockstep_solvers";
  std::filesystem::create_directories(folder);
  const auto read = [&](const std::string& steps, const std::string& more = "") {
    const auto root = parse_yaml("sampler: {steps: {file: solver.yaml" + steps + "}" + more + "}\n", "x.yaml");
    return RunConfig(root, (folder / "x.yaml").string(), {"multistep"}).sampler.steps->solver;
  };
  const auto fails = [&](const std::string& steps, const std::string& more, const std::string& sentence) {
    CHECK_THROWS_WITH(read(steps, more), (folder / "x.yaml").string() + ": sampler.steps.count: " + sentence);
  };
  for (const auto format : {ScheduleFormat::yaml, ScheduleFormat::json}) {
    std::ofstream(folder / "solver.yaml") << solver_text(solvers, format);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(same(again[i], solvers[i]));
      CHECK(same(*read(", count: " + std::to_string(solvers[i].sigmas.size())), solvers[i]));
    }
    CHECK(read(", count: auto", ", max_evaluations: 5")->sigmas.size() == 4);
    CHECK(read(", count: auto")->sigmas.size() == 6);
    fails("", "", "missing; the file holds solvers of 3, 4, 6 evaluations: choose one, or auto");
    fails(", count: 5", "", "must be that of a solver in the file, got 5; it has 3, 4, 6");
    fails(", count: auto", ", max_evaluations: 2", "finds no solver within sampler.max_evaluations 2; it has 3, 4, 6");
  }
  std::ofstream(folder / "solver.yaml") << "sigmas: [80, 1, 0.01]\n";
  fails(", count: 3", "", "chooses among fitted solvers; the file is a list of sigmas, which says all");
  std::filesystem::remove_all(folder);
}

TEST_CASE("solvers of one fit are counted with what they share once") {
  auto solvers = three_examples();
  solvers[1].evaluations = 600, solvers[2].evaluations = 700;
  CHECK(fit_rows(solvers) == 200 + 300 + 400 + 500);
  CHECK(fit_rows({}) == 0);
}

TEST_CASE("a fit pays from as many samples as make up for its evaluations") {
  FittedSolver solver = example();    // three evaluations, 500 of the fit
  CHECK(solver.pays_from() == 1500);  // a third of an evaluation is saved each time
  solver.usual.needed = 13;
  CHECK(solver.pays_from() == 50);
  solver.usual.needed = 10;
  CHECK(solver.pays_from() == 72);  // 71 of them would save 497
  for (const double none : {0., 2., 3.}) {
    solver.usual.needed = none;
    CHECK_FALSE(solver.pays_from());
  }
}

TEST_CASE("evaluations for an error follow from those of two errors") {
  // error = 3/n^2 takes sqrt(3/wanted), between the two numbers and beyond them.
  const auto error = [](double n) { return 3 / (n * n); };
  for (const double wanted : {error(9), error(12), error(20), error(50)})
    CHECK(needed_evaluations(wanted, 8, error(8), 16, error(16)) == Approx(std::sqrt(3 / wanted)).epsilon(1e-12));
  // An error that hardly falls is supposed to fall as 1/n beyond what was measured: four times less takes 64 in place of 16.
  CHECK(needed_evaluations(.25, 8, 1, 16, 1) == Approx(64).epsilon(1e-12));
  CHECK(needed_evaluations(.25, 8, 1, 16, 1.5) == Approx(96).epsilon(1e-12));  // it may even have grown
}

TEST_CASE("the multistep beside a solver takes up to three and four values, and integrates a constant exactly") {
  FittedSolver solver = example();
  solver.sigmas = {80, 10, 2. / 3, .3, .1}, solver.final = Final::keep;
  const auto steps = analytic_steps(solver);
  REQUIRE(steps.size() == 5);
  CHECK(steps[0].correct.empty());
  const double s = solver.data_std;
  for (std::size_t n = 0; n < 5; ++n) {
    CHECK(steps[n].predict.size() == std::min<std::size_t>(n + 1, 3));
    if (n > 0) CHECK(steps[n].correct.size() == std::min<std::size_t>(n + 1, 4));
    const double next = n + 1 < 5 ? solver.sigmas[n + 1] : solver.sigma_min;
    const auto constant = [&](double from, double to) { return kernel_integral(-std::log(from), -std::log(to), s); };
    // Gauss' rule of ten nodes on steps of up to 3 in ln sigma, where k bends once.
    CHECK(sum_of(steps[n].predict) == Approx(constant(solver.sigmas[n], next)).epsilon(1e-7));
    if (n > 0)
      CHECK(sum_of(steps[n].correct) == Approx(constant(solver.sigmas[n - 1], solver.sigmas[n])).epsilon(1e-7));
  }
}

TEST_CASE("the lines of a solver say its error, the plan's, its price and when it pays") {
  FittedSolver solver = example();
  const auto text = [&] {
    std::string all;
    for (const std::string& line : solver_lines(solver)) all += line + "\n";
    return all;
  };
  CHECK(
      text().starts_with("3 evaluations: root mean square error 0.1, median 0.2; 89 % of samples err less than 0.3\n"));
  CHECK(text().find(
            "the fit took 500 evaluations and pays from 1500 samples on: B needs about 3.33 evaluations a sample") !=
        std::string::npos);
  CHECK(text().find("published methods took 96 evaluations more") != std::string::npos);
  solver.usual.needed = 3;
  CHECK(text().find("which do not pay: B is no worse with as many evaluations") != std::string::npos);
  solver.usual = {};
  CHECK(text().find("kept from an earlier run") != std::string::npos);
  CHECK(text().find("pays from") == std::string::npos);
  solver.steps.clear();
  CHECK(text().find("no solver was better than the plan, so this is the plan") != std::string::npos);
}

TEST_CASE("a budget is for what is fitted") {
  const auto steps = [](const std::string& text) {
    return *RunConfig(parse_yaml("sampler: {steps: " + text + "}\n", "x"), "x", {"multistep"}).sampler.steps;
  };
  CHECK(steps("{schedule: fitted, count: 8, budget: 10000}").budget == 10000);
  CHECK(steps("{schedule: fitted, count: 8}").budget == 0);
  CHECK_THROWS_WITH(steps("{schedule: plan, count: 8, budget: 900}"),
                    "x: sampler.steps.budget: is for the schedule fitted; plan needs no fit");
  CHECK_THROWS_AS(steps("{schedule: fitted, count: 8, budget: 0}"), ConfigError);
  CHECK_THROWS_AS(steps("{file: x.yaml, budget: 900}"), ConfigError);
}

TEST_CASE("a damaged solver is refused") {
  const auto refused = [](auto change) {
    auto json = solver_json(example());
    change(json);
    CHECK_THROWS_AS(solver_from_json(json, "x"), FileError);
  };
  refused([](auto& j) { j["shockstep_solver"] = 2; });
  refused([](auto& j) { j["sigmas"][1] = 90; });
  refused([](auto& j) { j["sigmas"][2] = .001; });
  refused([](auto& j) { j["data_std"] = 0; });
  refused([](auto& j) { j["predict"].erase(0); });
  refused([](auto& j) { j["predict"][0] = nlohmann::json::array(); });
  refused([](auto& j) { j["correct"][1] = {1, 2, 3}; });
  refused([](auto& j) { j["predict"][1][0] = nullptr; });
  refused([](auto& j) { j.erase("plan"); });
  refused([](auto& j) { j["usual_gaps"] = {.1, .1, .1}; });
  refused([](auto& j) { j["usual_gaps"] = {-.1}; });
  CHECK_NOTHROW(solver_from_json(solver_json(example()), "x"));
  const auto all_refused = [](auto change) {
    auto json = solvers_json(three_examples());
    change(json);
    CHECK_THROWS_AS(solvers_from_json(json, "x"), FileError);
  };
  all_refused([](auto& j) { j["solvers"] = nlohmann::json::array(); });
  all_refused([](auto& j) { j["solvers"][1] = j["solvers"][0]; });
  all_refused([](auto& j) { std::swap(j["solvers"][0], j["solvers"][1]); });
  all_refused([](auto& j) { j["solvers"][2]["data_std"] = -1; });
}

TEST_CASE("a solver is a grid of its nodes and sigma_min, for its own range and end") {
  const auto solver = std::make_shared<const FittedSolver>(example());
  SamplerOptions options;
  options.steps = solver_steps(solver);
  const VarianceExploding range{.sigma_min = .01, .sigma_max = 80};
  const GridPlan plan = make_grid_plan(range, options);
  CHECK(plan.sigmas == std::vector<double>{80, 2. / 3, .1, .01});
  CHECK(plan.evaluations == 3);
  CHECK(plan.solver == solver);
  REQUIRE(plan.again);
  CHECK(plan.again->sigmas == solver->again);
  CHECK(plan.again->scale == solver->data_std);
  const std::string origin = options.steps->origin + ": ";
  CHECK_THROWS_WITH(make_grid_plan(VarianceExploding{.sigma_min = .01, .sigma_max = 70}, options),
                    origin + "is a solver from sigma 80 to 0.01; process has 70 and 0.01");
  auto other = options;
  other.final = Final::keep;
  CHECK_THROWS_WITH(make_grid_plan(range, other), origin + "is a solver for sampler.final: denoise");
  other = options;
  other.method = Method::dpmpp_2m;
  CHECK_THROWS_WITH(
      make_grid_plan(range, other),
      origin + "is a solver, a method of its own for the ODE; leave out sampler.method, order and dynamics");
  other = options;
  other.max_evaluations = 2;
  CHECK_THROWS_WITH(make_grid_plan(range, other),
                    "sampler.max_evaluations: must be at least 3, what multistep takes on this grid, got 2");
}

TEST_CASE("a solver that gained nothing is the plan on its nodes") {
  auto solver = example();
  solver.steps.clear(), solver.sigmas = {80, 1, .01};
  const FixedSteps steps = solver_steps(std::make_shared<const FittedSolver>(solver));
  CHECK(steps.solver == nullptr);
  CHECK(steps.schedule == Schedule::plan);
  CHECK(steps.sigmas == solver.sigmas);
  CHECK(steps.scales.data_std == solver.data_std);
}
