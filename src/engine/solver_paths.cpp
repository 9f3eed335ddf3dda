#include "engine/solver_paths.hpp"

#include "core/statistics.hpp"

#include "stepper/gap_ratio.hpp"
#include "stepper/solver_weights.hpp"
#include "stepper/step_ridge.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <span>
#include <utility>

namespace shockstep {
namespace {

constexpr std::size_t values_summed = 6;  // values that a step sums

/// The rows on their way, and the fit of the next step.
class SolverPaths {
 public:
  SolverPaths(PilotField& field, const ReferencePaths& reference, FittedTo which)
      : field_(field), reference_(reference), which_(which) {}

  FittedSteps fit(const std::vector<double>& sigmas, const FittedSolver& ends, const PriorStrength& prior);

 private:
  /// y += what the step to `target` adds, fitted; its weights, newest first. `analytic`: of the newest values.
  std::vector<double> step(PilotRows& y, const std::vector<double>& analytic, const PilotRows& target, double strength);
  std::vector<RowMoments> moments(const std::vector<PilotRows>& features, const PilotRows& target) const;
  std::span<const double> row_of(const PilotRows& rows, std::size_t row) const {
    return std::span(rows).subspan(row * field_.dimension(), field_.dimension());
  }
  /// Nodes of the newest values.
  std::span<const double> newest(std::size_t most) const {
    return std::span(lams_).first(std::min(most, lams_.size()));
  }

  PilotField& field_;
  const ReferencePaths& reference_;
  FittedTo which_;
  std::vector<double> lams_;      // of the nodes whose values are kept, newest first
  std::deque<PilotRows> values_;  // F there
};

/// Of the rows that are fitted to.
std::vector<RowMoments> SolverPaths::moments(const std::vector<PilotRows>& features, const PilotRows& target) const {
  std::vector<RowMoments> out;
  for (std::size_t row = 0; row < field_.rows(); ++row) {
    if (!fits(which_, row)) continue;
    std::vector<std::span<const double>> of_row;
    for (const PilotRows& g : features) of_row.push_back(row_of(g, row));
    out.emplace_back(of_row, row_of(target, row));
  }
  return out;
}

std::vector<double> SolverPaths::step(PilotRows& y, const std::vector<double>& analytic, const PilotRows& target,
                                      double strength) {
  for (std::size_t i = 0; i < analytic.size(); ++i) add(y, analytic[i], values_[i]);
  PilotRows left = target;
  add(left, -1, y);

  std::vector<std::vector<double>> gaps;
  std::vector<PilotRows> features;
  for (std::size_t k = 0; k < values_.size(); ++k) {
    gaps.push_back(gap_weights(lams_, k));
    PilotRows& g = features.emplace_back(left.size());
    for (std::size_t i = 0; i <= k; ++i) add(g, gaps[k][i], values_[i]);
  }
  const auto x = robust_ridge(moments(features, left), strength);
  std::vector<double> weights = analytic;
  weights.resize(values_.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    add(y, x[k], features[k]);
    for (std::size_t i = 0; i <= k; ++i) weights[i] += x[k] * gaps[k][i];
  }
  return weights;
}

FittedSteps SolverPaths::fit(const std::vector<double>& sigmas, const FittedSolver& ends, const PriorStrength& prior) {
  const double s = field_.data_std(), end = -std::log(ends.sigma_min);
  const PilotRows exact = reference_.end(ends.final);
  FittedSteps out;
  out.gaps.resize(field_.rows());
  PilotRows y = field_.start(sigmas.front()), point = y;  // corrected, and where the model is asked
  for (std::size_t n = 0; n < sigmas.size(); ++n) {
    const double lam = -std::log(sigmas[n]);
    values_.push_front(field_(point, sigmas[n]));
    lams_.insert(lams_.begin(), lam);
    if (values_.size() > values_summed) values_.pop_back(), lams_.pop_back();
    SolverStep& fitted = out.steps.emplace_back();
    if (n > 0) {
      const double before = lams_[1], length = kernel_integral(before, lam, s);
      fitted.correct = step(y, integrated_weights(newest(corrector_values), before, lam, s), reference_.at(lam),
                            prior.correct / (length * length));
      if (n + telling_gaps >= sigmas.size())
        for (std::size_t row = 0; row < field_.rows(); ++row)
          out.gaps[row].push_back(rms_difference(row_of(y, row), row_of(point, row)));
    }
    const auto nodes = newest(predictor_values);
    point = y;
    if (n + 1 == sigmas.size()) {
      const double length = kernel_integral(lam, end, s);
      fitted.predict =
          step(point, last_weights(nodes, lam, end, s, ends.final), exact, prior.correct / (length * length));
    } else {
      const double next = -std::log(sigmas[n + 1]), length = kernel_integral(lam, next, s);
      fitted.predict =
          step(point, integrated_weights(nodes, lam, next, s), reference_.at(next), prior.predict / (length * length));
    }
  }
  for (std::size_t row = 0; row < field_.rows(); ++row)
    out.errors.push_back(ends.end_scale() * rms_difference(row_of(point, row), row_of(exact, row)));
  out.samples = std::move(point);
  for (double& v : out.samples) v *= ends.end_scale();
  return out;
}

}  // namespace

FittedSteps fit_steps(PilotField& field, const ReferencePaths& reference, const std::vector<double>& sigmas,
                      const FittedSolver& ends, const PriorStrength& prior, FittedTo which) {
  return SolverPaths(field, reference, which).fit(sigmas, ends, prior);
}

}  // namespace shockstep
