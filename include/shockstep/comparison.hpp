/// Several methods on the same trajectories: error against model evaluations.
#pragma once

#include <shockstep/comparison_result.hpp>
#include <shockstep/sampler.hpp>

#include <functional>
#include <string>
#include <vector>

namespace shockstep {

/// Whether samples are compared as distributions too, and with what.
struct DistanceRequest {
  bool wanted = false;  ///< off: ComparisonRow::distances and ComparisonResult::floor stay unknown
  /// [m, *shape] float64, m at least 2; undefined: exact samples, of a model with ExactDraws.
  at::Tensor data{};
};

/// A model, trajectories, and the methods that follow them from the same starting latents (docs/compare.md). run()
/// changes nothing in it and can be called again.
class Comparison {
 public:
  /// Makes every sampler, which can run a pilot for each. `request` says which trajectories; its observer is told the
  /// progress of the whole comparison, every run counting the same, and is asked whether to cancel, nothing else.
  /// Throws ConfigError naming the method: no methods, two of different `final`, a setting that is wrong, or an exact
  /// reference of a model without ExactFlow, or data that do not fit the model, or a request
  /// with init or interpolate; Cancelled if the observer cancels a pilot.
  Comparison(ModelPtr model, const Process& process, const std::vector<ComparedMethod>& methods,
             const SampleRequest& request, const ComparisonReference& reference = {},
             const DistanceRequest& distances = {});

  /// Runs the reference, then one method after the other; `finished` is told each row when it is there. Holds the
  /// samples of the reference and of one method in memory. When cancelled, the rows finished so far are what is
  /// returned. Throws ConfigError where the request does not fit the model.
  ComparisonResult run(const std::function<void(const ComparisonRow&)>& finished = {}) const;

  /// What was not done as asked, one sentence each.
  std::vector<std::string> notes() const;

 private:
  void check_distances() const;
  at::Tensor exact_reference() const;

  ModelPtr model_;
  Process process_;
  std::vector<ComparedMethod> methods_;
  std::vector<Sampler> samplers_;  // of the methods, in order
  SampleRequest request_;
  ComparisonReference reference_;
  DistanceRequest distances_;
};

}  // namespace shockstep
