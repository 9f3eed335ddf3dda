/// Solvers fitted to a model: what holds for any, and that they gain.
#include "support/problems.hpp"

#include "engine/pilot_field.hpp"
#include "engine/pilot_run.hpp"
#include "engine/reference_paths.hpp"
#include "engine/solver_paths.hpp"
#include "engine/usual_methods.hpp"
#include "stepper/solver_weights.hpp"

#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <tuple>
#include <vector>

using namespace shockstep;

namespace {

SamplerOptions fitted_steps(int count, Final final = Final::denoise) {
  SamplerOptions options;
  options.final = final;
  options.steps = FixedSteps{.schedule = Schedule::fitted, .count = count};
  return options;
}

/// Another model taken for a network, and the rows it was given.
class CountedNetwork final : public ScoreModel {
 public:
  explicit CountedNetwork(ModelPtr model) : model_(std::move(model)) {}
  at::Tensor denoise(const at::Tensor& x, const at::Tensor& sigma) const override {
    rows += x.size(0);
    return model_->denoise(x, sigma);
  }
  const std::vector<std::int64_t>& shape() const override { return model_->shape(); }
  double data_std() const override { return model_->data_std(); }
  std::string describe() const override { return model_->describe(); }

  mutable std::atomic<std::int64_t> rows{0};

 private:
  ModelPtr model_;
};

/// A Gaussian of standard deviation .5 about zero in three dimensions.
ModelPtr gaussian() { return test::mixture_model(at::zeros({1, 3}, at::kDouble), .5); }

/// Errors on trajectories that no pilot has, root mean square over coordinates.
at::Tensor errors(const ModelPtr& model, const SamplerOptions& options, std::int64_t count = 1000) {
  SamplerOptions fine = test::unguarded(1e-9, options.final);
  fine.order = 5;
  fine.max_evaluations = 100000;
  const SampleRequest request{.count = count, .seed = 11};
  const at::Tensor exact = Sampler(model, test::range(), fine).sample(request).samples;
  return (Sampler(model, test::range(), options).sample(request).samples - exact).pow(2).mean(1).sqrt();
}

double rms(const at::Tensor& e) { return e.pow(2).mean().sqrt().item().toDouble(); }

}  // namespace

TEST_CASE("A solver is exact on Gaussian data, whatever it was fitted to") {
  const int count = GENERATE(2, 6, 15);
  const Final final = GENERATE(Final::denoise, Final::keep);
  CAPTURE(count, final == Final::keep);
  SamplerOptions options = fitted_steps(count, final);
  const auto solver = std::make_shared<const FittedSolver>(fit_solver(*test::ring(), test::range(), options));
  REQUIRE(solver->complete);
  // F of these data is 0 in theory: what is left is rounding in D - c x, times sigma/s, up to 160, and times the weights. Its own
  // data_std has to be theirs.
  FittedSolver own = *solver;
  if (!own.gained()) return;
  own.data_std = .5;
  SamplerOptions given = options;
  given.steps = solver_steps(std::make_shared<const FittedSolver>(own));
  const SampleRequest request{.count = 50, .seed = 3};
  const at::Tensor x = Sampler(gaussian(), test::range(), given).sample(request).samples;
  given.steps.reset();
  given.guard.enabled = false, given.tolerance = 1e-10;
  const at::Tensor exact = Sampler(gaussian(), test::range(), given).sample(request).samples;
  CHECK((x - exact).abs().max().item().toDouble() < 1e-8);
}

TEST_CASE("A solver fitted to Gaussian data is exact") {
  const int count = GENERATE(3, 9);
  CHECK(rms(errors(gaussian(), fitted_steps(count), 100)) < 1e-8);
}

TEST_CASE("Where the prior is all, weights are the analytic ones") {
  const ModelPtr model = test::ring();
  PilotField field(*model, 8, .7);
  const std::vector<double> fine{80, 40, 20, 10, 6, 4, 3, 2, 1.5, 1, .7, .5, .3, .2, .1, .05, .02, .01};
  const ReferencePaths reference(field, fine);
  FittedSolver ends{.sigma_min = .01, .data_std = .7, .final = Final::keep};
  const double all = std::numeric_limits<double>::infinity();
  const std::vector<double> sigmas{80, 5, 1.2, .4, .05};
  const auto fitted = fit_steps(field, reference, sigmas, ends, {all, all}, FittedTo::all);
  REQUIRE(fitted.steps.size() == sigmas.size());
  std::vector<double> lams;  // newest first
  for (std::size_t n = 0; n < sigmas.size(); ++n) {
    lams.insert(lams.begin(), -std::log(sigmas[n]));
    const auto is = [](const std::vector<double>& weights, const std::vector<double>& expected) {
      for (std::size_t i = 0; i < weights.size(); ++i) CHECK(weights[i] == (i < expected.size() ? expected[i] : 0));
      CHECK(weights.size() >= expected.size());
    };
    const auto newest = [&](std::size_t most) { return std::span(lams).first(std::min(most, lams.size())); };
    const double end = n + 1 < sigmas.size() ? -std::log(sigmas[n + 1]) : -std::log(.01);
    is(fitted.steps[n].predict, integrated_weights(newest(3), lams[0], end, .7));
    if (n > 0) is(fitted.steps[n].correct, integrated_weights(newest(4), lams[1], lams[0], .7));
  }
}

TEST_CASE("A fit and its samples are the same every time, and of the evaluations that it says") {
  const auto [count, most] = GENERATE(table<int, std::int64_t>({{5, 600}, {8, 600}, {10, 1500}, {20, 1500}}));
  CAPTURE(count);
  const auto model = std::make_shared<CountedNetwork>(test::ring());
  const SamplerOptions options = fitted_steps(count);
  const FittedSolver solver = fit_solver(*model, test::range(), options);
  CHECK(solver.evaluations == model->rows);
  CHECK(solver.evaluations <= most);
  CHECK(solver.evaluations > most / 2);  // it uses what it may
  CHECK(solver.sigmas.size() == static_cast<std::size_t>(count));
  CHECK(solver.sigmas.front() == 80);
  CHECK(solver.rows >= 8);
  const FittedSolver again = fit_solver(*model, test::range(), options);
  CHECK(again.sigmas == solver.sigmas);
  REQUIRE(again.steps.size() == solver.steps.size());
  for (std::size_t n = 0; n < solver.steps.size(); ++n) {
    CHECK(again.steps[n].predict == solver.steps[n].predict);
    CHECK(again.steps[n].correct == solver.steps[n].correct);
  }
}

bool same_steps(const FittedSolver& a, const FittedSolver& b) {
  bool same = a.sigmas == b.sigmas && a.steps.size() == b.steps.size();
  for (std::size_t n = 0; same && n < a.steps.size(); ++n)
    same = a.steps[n].predict == b.steps[n].predict && a.steps[n].correct == b.steps[n].correct;
  return same;
}

TEST_CASE("Solvers of several numbers share what is computed once, which is counted once") {
  const auto model = std::make_shared<CountedNetwork>(test::ring());
  const SamplerOptions options = fitted_steps(9);  // whose count is not used
  const auto solvers = fit_solvers(*model, test::range(), options, {8, 5, 6, 8});
  REQUIRE(solvers.size() == 3);
  CHECK(model->rows == fit_rows(solvers));
  for (std::size_t i = 0; i < solvers.size(); ++i) {
    CHECK(solvers[i].sigmas.size() == static_cast<std::size_t>(std::array{5, 6, 8}[i]));
    CHECK(solvers[i].evaluations <= 600);
    CHECK(solvers[i].shared == solvers[2].shared);
    CHECK(solvers[i].rows == solvers[2].rows);
  }
  // Up to 8 evaluations the paths are the same, and the most evaluations leave the fewest trajectories: that solver is what it would be alone.
  const FittedSolver eight = fit_solver(*model, test::range(), fitted_steps(8));
  CHECK(same_steps(solvers[2], eight));
  CHECK(solvers[2].error.rms == eight.error.rms);
  CHECK(solvers[2].evaluations == eight.evaluations);
  // Paths for more evaluations are finer, and leave the fewer what they may compute beside.
  const auto wide = fit_solvers(*model, test::range(), options, {5, 20});
  const FittedSolver five = fit_solver(*model, test::range(), fitted_steps(5));
  CHECK(wide[0].shared > five.shared);
  CHECK(wide[0].evaluations - wide[0].shared == five.evaluations - five.shared);
  CHECK(same_steps(wide[1], fit_solver(*model, test::range(), fitted_steps(20))));
}

TEST_CASE("Published methods are measured beside a solver, at as many evaluations as are told") {
  const auto network = std::make_shared<CountedNetwork>(test::ring());
  const FittedSolver solver = fit_solver(*network, test::range(), fitted_steps(8));
  REQUIRE(solver.gained());
  network->rows = 0;
  const UsualMethods usual = usual_methods(*network, test::range(), solver);
  CHECK(usual.evaluations == network->rows);
  REQUIRE(usual.methods.size() == 2);
  const auto& [a, b] = std::tie(usual.methods[0], usual.methods[1]);
  CHECK(usual.best == (a.error.rms <= b.error.rms ? a.name : b.name));
  // Two methods with 8 evaluations, and one with more, at most 4 times as many.
  CHECK(usual.evaluations > 3 * 8 * solver.rows);
  CHECK(usual.evaluations <= 6 * 8 * solver.rows);
  // The answer is right where it is measured again: with that many evaluations the best of them is about as good as the solver.
  REQUIRE(usual.needed > 8);
  SamplerOptions options;
  const bool first = usual.best == a.name;
  options.method = first ? Method::dpmpp_2m : Method::unipc;
  options.steps = FixedSteps{.schedule = first ? Schedule::karras : Schedule::log_sigma,
                             .count = static_cast<int>(std::lround(usual.needed))};
  const PilotRun run = run_on_pilot(*network, test::range(), options, solver.rows, nullptr);
  const double error = errors_of(errors_of_rows(run.samples, solver.pilot.exact, 2)).rms;
  // A power law through two of a method's errors, which fall as the square or faster and not evenly.
  CHECK(error < 2 * solver.error.rms);
  CHECK(error > solver.error.rms / 4);
  FittedSolver kept = solver;
  kept.pilot = {};
  CHECK(usual_methods(*network, test::range(), kept).methods.empty());
}

TEST_CASE("A budget is kept, and used") {
  const auto [counts, most] = GENERATE(
      table<std::vector<int>, std::int64_t>({{{8}, 2000}, {{8}, 10000}, {{5, 6, 7, 8}, 3000}, {{6, 12}, 10000}}));
  const auto model = std::make_shared<CountedNetwork>(test::ring());
  const auto solvers = fit_solvers(*model, test::range(), fitted_steps(8), counts, most);
  REQUIRE(solvers.size() == counts.size());
  CHECK(model->rows == fit_rows(solvers));
  CHECK(model->rows <= most);
  CHECK(model->rows > most / 2);
  CHECK(solvers.front().rows >= 8);
  CHECK((solvers.front().rows > 12) == (most == 10000));  // more where there is enough for many sets of nodes
  CHECK_THROWS_AS(fit_solvers(*model, test::range(), fitted_steps(8), counts, 400), ConfigError);
}

TEST_CASE("A run takes N evaluations a trajectory, each its own whatever the batch") {
  SamplerOptions options = fitted_steps(7);
  options.guard.enabled = false;
  const Sampler fitted(test::ring(), test::range(), options);
  REQUIRE(fitted.solver());
  REQUIRE(fitted.solver()->gained());
  options.steps = solver_steps(fitted.solver());
  const Sampler given(test::ring(), test::range(), options);
  const Result all = fitted.sample({.count = 33, .seed = 5, .batch = 8});
  const Result one = given.sample({.count = 1, .first = 20, .seed = 5});
  for (const auto& report : all.reports) {
    CHECK(report.status == Status::ok);
    CHECK(report.evaluations == 7);
    CHECK(report.accepted == 7);
  }
  CHECK(at::equal(all.samples[20], one.samples[0]));
  CHECK(given.sigmas().size() == 8);
  CHECK(given.sigmas().back() == .01);
  CHECK_THROWS_AS(given.sample({.count = 1, .init = at::zeros({1, 2}, at::kDouble)}), ConfigError);
}

TEST_CASE("The guard of a solver repeats what decided late, along the plan of twice as many evaluations") {
  const int count = GENERATE(8, 12);
  CAPTURE(count);
  SamplerOptions options = fitted_steps(count), alone = options, planned = options;
  alone.guard.enabled = false;
  planned.steps = FixedSteps{.schedule = Schedule::plan, .count = 2 * count};
  const SampleRequest request{.count = 2000, .seed = 3};
  const Result guarded = Sampler(test::ring(), test::range(), options).sample(request);
  const Result once = Sampler(test::ring(), test::range(), alone).sample(request);
  const Result fine = Sampler(test::ring(), test::range(), planned).sample(request);
  int repeated = 0;
  for (std::int64_t i = 0; i < request.count; ++i) {
    const auto& report = guarded.reports[static_cast<std::size_t>(i)];
    const bool again = report.passes > 1;
    repeated += again;
    CHECK(report.passes == (again ? 2 : 1));
    CHECK(report.evaluations == (again ? 3 : 1) * count);
    CHECK(at::equal(guarded.samples[i], (again ? fine : once).samples[i]));
    CHECK(report.error_estimate > 0);
  }
  // Some, and few.
  CHECK(repeated > 0);
  CHECK(repeated < 200);
  // No evaluations for it: none is repeated.
  options.max_evaluations = 3 * count - 1;
  for (const auto& report : Sampler(test::ring(), test::range(), options).sample(request).reports)
    CHECK(report.evaluations == count);
}

TEST_CASE("Nineteen in twenty samples err less than their estimates") {
  const int count = GENERATE(6, 10, 18);
  CAPTURE(count);
  const SamplerOptions options = fitted_steps(count);
  const at::Tensor e = errors(test::ring(), options).contiguous();
  const auto reports = Sampler(test::ring(), test::range(), options).sample({.count = 1000, .seed = 11}).reports;
  int below = 0;
  for (std::size_t i = 0; i < reports.size(); ++i) below += e.data_ptr<double>()[i] <= reports[i].error_estimate;
  // Of 64 pilot rows, whose mean and spread of logarithms are uncertain by an eighth of the spread: 1.75 spreads of a normal distribution
  // are 96 %. Errors have a longer tail: nine in ten.
  CHECK(below > 900);
}

TEST_CASE("On mixtures a solver is better than the plan on rows that it has not seen") {
  const int count = GENERATE(6, 10);
  for (const ModelPtr& model : {test::ring(), test::hundred_modes()}) {
    CAPTURE(model->describe(), count);
    SamplerOptions planned = fitted_steps(count);
    planned.steps->schedule = Schedule::plan;
    const at::Tensor ours = errors(model, fitted_steps(count)), theirs = errors(model, planned);
    CHECK(rms(ours) < 1.05 * rms(theirs));
    CHECK(ours.median().item().toDouble() <= theirs.median().item().toDouble());  // equal: the plan
  }
}

TEST_CASE("A fit that its observer cancels is nothing") {
  struct Impatient final : Observer {
    bool cancelled() const override { return true; }
  } observer;
  CHECK_FALSE(fit_solver(*test::ring(), test::range(), fitted_steps(6), 0, &observer).complete);
}

TEST_CASE("A warning says where a solver was fitted under another guidance") {
  SamplerOptions options = fitted_steps(5);
  FittedSolver solver = fit_solver(*test::ring(), test::range(), options);
  REQUIRE(solver.gained());
  options.steps = solver_steps(std::make_shared<const FittedSolver>(solver));
  CHECK(Sampler(test::ring(), test::range(), options).notes().empty());
  solver.origin.conditioning = "guided from 10 by 2";
  options.steps = solver_steps(std::make_shared<const FittedSolver>(solver));
  CHECK(Sampler(test::ring(), test::range(), options).notes().size() == 1);
}

TEST_CASE("A warning says where a solver was fitted to another model") {
  SamplerOptions options = fitted_steps(5);
  const FittedSolver solver = fit_solver(*test::ring(), test::range(), options);
  REQUIRE(solver.gained());
  CHECK(solver.origin.checksum.empty());                                 // of a model without a file
  CHECK(Sampler(test::ring(), test::range(), options).notes().empty());  // fitted to it now
  options.steps = solver_steps(std::make_shared<const FittedSolver>(solver));
  CHECK(Sampler(test::ring(), test::range(), options).notes().empty());
  for (const ModelPtr& other : {test::hundred_modes(), gaussian()}) {
    const auto notes = Sampler(other, test::range(), options).notes();
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].find("another model (" + test::ring()->describe() + ")") != std::string::npos);
  }
}
