#include <shockstep/fit_check.hpp>

#include "controller/denoiser_check.hpp"
#include "core/text.hpp"
#include "fit/denoiser_test.hpp"
#include "fit/descriptions.hpp"
#include "model/network.hpp"

#include <shockstep/error.hpp>
#include <shockstep/precision.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

// Exact models have a misfit of .00 to .01, models/digits.pt .015, a wrong description that changes samples .03 and far more.
constexpr double largest_misfit = .1, quick_misfit = .5;
// Networks that were trained for a short time, or on little, reach .4 under the right description.
constexpr double rough_misfit = .5;
static_assert(quick_misfit >= rough_misfit);  // a quick check rejects, or has nothing to say
// Below this a description needs no comparison with others.
constexpr double clear_misfit = .02;
// A description is better than another if its misfit is below this share of the other's.
constexpr double better = .25;
// With less structure than this the network has no say in D, or the data are one Gaussian.
constexpr double least_structure = .02;
// Another description is dropped where its misfit on few rows is above this: significant then, though its size is
// rough.
constexpr double hopeless = .3;

struct Candidate {
  Description description;
  DenoiserTest test;
  ModelPtr model;
};

TestPlan plan_of(const FitOptions& options, std::int64_t rows) {
  return {.rows = rows, .seed = options.seed, .batch = options.batch, .observer = options.observer};
}

std::int64_t full_rows(std::int64_t dimension) { return std::clamp<std::int64_t>(8192 / dimension, 64, 1024); }

TestPlan quick_plan(const FitOptions& options) {
  TestPlan plan = plan_of(options, 32);
  plan.steps = 12, plan.neighbours = false, plan.significance = 14;
  return plan;
}

class FitCheck {
 public:
  FitCheck(const ModelPtr& model, const Process& process, const FitOptions& options)
      : options_(options), process_(process), network_(network_options(*model)), model_(model) {
    if (network_ && (network_->guidance || network_->threshold)) {
      plain_ = *network_;
      plain_.guidance.reset(), plain_.threshold.reset();
      model_ = redescribed(*model, plain_, process);
      network_ = &plain_;
    }
  }

  FitResult run() {
    report_.largest_misfit = limit_ = options_.quick ? quick_misfit : largest_misfit;
    rows_ = options_.quick ? quick_plan(options_).rows : full_rows(model_->dimension());
    stated_ = test_stated();
    report_.misfit = stated_.misfit, report_.structure = stated_.structure;
    const bool certain = passes(stated_, report_.largest_misfit);
    const bool rejected = !certain && !(network_ && passes(stated_, rough_misfit));
    const bool doubtful = !options_.quick && (stated_.misfit > clear_misfit || stated_.structure < least_structure);
    // A network that is roughly trained is so under the right description, too.
    limit_ = std::clamp(better * stated_.misfit, limit_, std::max(limit_, rough_misfit));
    if (network_ && (rejected || doubtful)) search(rejected);
    report_.fits = !rejected && !report_.suggestion;
    if (!report_.fits) report_.reason = reason();
    if (report_.fits && !certain) report_.doubt = doubt();
    report_.identities = identities();
    report_.evaluations = evaluations_;
    return {report_, better_, better_process_};
  }

 private:
  DenoiserTest test_stated() {
    if (options_.quick) return counted(test_denoiser(*model_, process_, quick_plan(options_)));
    TestPlan plan = plan_of(options_, full_rows(model_->dimension()));
    plan.extras = true;
    return counted(test_denoiser(*model_, process_, plan));
  }

  // Few rows first, which end most of the wrong descriptions.
  DenoiserTest test_other(const ScoreModel& model, const Process& process) {
    if (options_.quick) return counted(test_denoiser(model, process, quick_plan(options_)));
    const std::int64_t most = full_rows(model.dimension());
    for (const std::int64_t rows : {std::int64_t{32}, most / 8}) {
      TestPlan plan = plan_of(options_, rows);
      plan.enough = rows > 32 ? limit_ : std::max(hopeless, 2 * limit_);
      if (rows < 32 || rows == most) continue;
      if (DenoiserTest few = counted(test_denoiser(model, process, plan));
          few.misfit > plan.enough || few.structure < least_structure / 2)
        return few;
    }
    TestPlan plan = plan_of(options_, most);
    plan.enough = limit_;
    return counted(test_denoiser(model, process, plan));
  }

  DenoiserTest counted(DenoiserTest test) {
    evaluations_ += test.evaluations;
    return test;
  }

  // Exact models may have one point for data.
  bool passes(const DenoiserTest& test, double limit) const {
    return test.broken.empty() && test.misfit <= limit && !(network_ && test.collapsed);
  }

  void search(bool rejected) {
    std::vector<Candidate> passing;
    const std::int64_t most = evaluations_ + (options_.quick ? std::int64_t{4000} : options_.search_evaluations);
    bool near = true;
    for (Description& d : other_descriptions(*network_, process_)) {
      // Descriptions far from the stated one are tried only where none near it is convincing.
      if (near && !d.near()) {
        near = false;
        if (choose(passing, rejected)) break;
      }
      if (evaluations_ >= most) break;
      ++report_.descriptions;
      try {
        ModelPtr model = redescribed(*model_, d.options, d.process);
        evaluations_ += 3;  // its probe
        DenoiserTest test = test_other(*model, d.process);
        if (passes(test, limit_) && test.structure >= least_structure)
          passing.push_back({std::move(d), std::move(test), std::move(model)});
      } catch (const Cancelled&) {
        throw;
      } catch (const Error&) {
        evaluations_ += 3;  // its probe: the network cannot be called that way
      }
    }
    if (const Candidate* best = choose(passing, rejected)) {
      std::string sentence = best->description.sentences.front();
      for (std::size_t i = 1; i < best->description.sentences.size(); ++i)
        sentence += "; " + best->description.sentences[i];
      report_.suggestion =
          FitSuggestion{.sentence = sentence, .settings = best->description.settings, .misfit = best->test.misfit};
      better_ = best->model, better_process_ = best->description.process;
    }
  }

  // The simplest of those that fit about as well as the best. A description under which the network has no say in D, or
  // knows a single point, passes every identity: one with much less structure than another is therefore not believed.
  const Candidate* choose(const std::vector<Candidate>& passing, bool rejected) const {
    std::vector<const Candidate*> pool;
    for (const Candidate& c : passing) {
      const bool fits_better = stated_.misfit > clear_misfit && c.test.misfit < better * stated_.misfit &&
                               c.test.structure >= .5 * stated_.structure;
      const bool knows_more = stated_.structure < least_structure && c.test.misfit < clear_misfit &&
                              c.test.structure > 10 * stated_.structure + .05;
      if (rejected || fits_better || knows_more) pool.push_back(&c);
    }
    double most = 0, least = std::numeric_limits<double>::infinity();
    for (const Candidate* c : pool) most = std::max(most, c->test.structure);
    std::erase_if(pool, [&](const Candidate* c) { return c->test.structure < .5 * most; });
    for (const Candidate* c : pool) least = std::min(least, c->test.misfit);
    std::erase_if(pool,
                  [&](const Candidate* c) { return c->test.misfit > std::max(least / better, clear_misfit / 2); });
    const auto simplest = std::ranges::min_element(
        pool, {}, [](const Candidate* c) { return std::pair(c->description.changes, c->test.misfit); });
    return simplest == pool.end() ? nullptr : *simplest;
  }

  std::string reason() const {
    if (!stated_.broken.empty()) return stated_.broken;
    if (network_ && stated_.collapsed) return "all samples are one point, within the noise of sigma_min";
    const auto round = [](double value) { return shortest(std::round(value * 1e3) / 1e3); };
    if (stated_.misfit > report_.largest_misfit)
      return "D is not the best guess of data that it draws itself: misfit " + round(stated_.misfit) + ", at most " +
             round(report_.largest_misfit);
    if (stated_.misfit > clear_misfit)
      return "another description fits far better: misfit " + round(report_.suggestion->misfit) + ", here " +
             round(stated_.misfit);
    return "the network has no say in D, which is a linear function of x";
  }

  std::string doubt() const {
    const std::string found =
        "a better guess takes away " + std::to_string(std::lround(100 * stated_.misfit)) + " % of the error of D";
    return found + ", and none of " + std::to_string(report_.descriptions - 1) +
           " other descriptions fits better: the network may be undertrained, or rough in time";
  }

  std::vector<FitIdentity> identities() const {
    std::vector<FitIdentity> out;
    const double numbers = static_cast<double>(rows_ * model_->dimension()), most = largest_drift(numbers);
    if (!stated_.broken.empty()) {
      out.push_back(
          {"latents: |x - D|^2/(d sigma^2) at sigma_max", stated_.start_drift, stated_.least_start_drift, most});
      return out;
    }
    double worst_drift = 0, worst_loss = 0, time = 0;
    for (const TestLevel& level : stated_.levels) {
      worst_drift = std::max(worst_drift, level.drift), worst_loss = std::max(worst_loss, level.loss);
      time = std::max(time, level.time);
    }
    out.push_back(
        {"latents: |x - D|^2/(d sigma^2) at sigma_max", stated_.start_drift, stated_.least_start_drift, most});
    out.push_back({"D -> x: the same at twice sigma_min", stated_.levels.back().drift, 0, most});
    out.push_back({"noise: the largest of it at any sigma", worst_drift, 0, most});
    out.push_back({"error of D over that of a linear guess, at most", worst_loss, 0, 3});
    out.push_back({"misfit: part of it that a better guess takes away", stated_.misfit, 0, report_.largest_misfit});
    if (options_.quick) return out;
    out.push_back({"time: part that D of a neighbouring sigma takes away", time, 0, report_.largest_misfit});
    const double std = model_->data_std();
    out.push_back({"scale: standard deviation of the samples", stated_.deviation,
                   std > 0 ? std / 2 : 2 * process_.sigma_min(), std > 0 ? 2 * std : process_.sigma_max(), false});
    if (stated_.asymmetry > 0 || stated_.roughness > 0) {
      out.push_back({"asymmetry of the Jacobian", stated_.asymmetry, 0, largest_asymmetry, false});
      out.push_back({"roughness in time", stated_.roughness, 0, .5, false});
    }
    return out;
  }

  FitOptions options_;
  Process process_;
  const NetworkOptions* network_;  // null: an exact model
  NetworkOptions plain_;
  ModelPtr model_;
  double limit_ = largest_misfit;  // of other descriptions; of the stated one it is report_.largest_misfit
  std::int64_t rows_ = 0;          // that the stated description was put to
  DenoiserTest stated_;
  FitReport report_;
  ModelPtr better_;
  Process better_process_ = VarianceExploding{};
  std::int64_t evaluations_ = 0;
};

/// What half precision rounds is no matter of the description, and differs from one to the other.
ModelPtr unrounded(const ModelPtr& model, const Process& process) {
  try {
    if (ModelPtr fine = in_float32(*model, process)) return fine;
  } catch (const ModelError&) {  // it takes no float32
  }
  return model;
}

}  // namespace

FitResult check_fit(const ModelPtr& model, const Process& process, const FitOptions& options) {
  return FitCheck(unrounded(model, process), process, options).run();
}

}  // namespace shockstep
