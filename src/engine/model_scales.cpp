#include <shockstep/model_scales.hpp>

#include <shockstep/batched_model.hpp>
#include <shockstep/error.hpp>

#include "controller/model_scales_json.hpp"
#include "core/cached.hpp"
#include "core/nan.hpp"
#include "core/statistics.hpp"
#include "core/text.hpp"
#include "engine/pilot.hpp"
#include "process/step_plan.hpp"
#include "stepper/grid_weights.hpp"
#include "stepper/network_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shockstep {
namespace {

// Where data_std is given the run on the plan has 13 nodes; else samples are drawn before, in 5 nodes, and it has 8.
constexpr int measured_rows = 4, nodes_known = 13, nodes_drawing = 5, nodes_unknown = 8;
constexpr int plan_order = 3;
constexpr int power_iterations = 20;
constexpr std::size_t loss_repeats = 2;
constexpr double nearby = 1.02;  // sigmas between which D of a network that is smooth in time is nearly linear

using Rows = std::vector<double>;  // [measured_rows, d]

struct NothingToMeasure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Measurement {
 public:
  Measurement(const ScoreModel& model, const Process& process)
      : model_(model, measured_rows),
        process_(process),
        d_(static_cast<std::size_t>(model.dimension())),
        latents_(measured_rows * d_),
        fresh_(loss_repeats * measured_rows * d_) {
    for (std::size_t i = 0; i < (1 + loss_repeats) * measured_rows; ++i) {
      const auto place = i < measured_rows ? std::span(latents_).subspan(i * d_, d_)
                                           : std::span(fresh_).subspan((i - measured_rows) * d_, d_);
      pilot_latents(static_cast<std::int64_t>(i), place);
    }
  }

  MeasuredScales measure(double data_std) {
    MeasuredScales out;
    const bool known = data_std > 0;
    out.data_std = known ? data_std : spread(drawn());
    if (!(out.data_std > 0) || !std::isfinite(out.data_std))
      throw NothingToMeasure("all samples that were drawn to measure data_std are equal");
    const Rows samples = run_on_plan(out.data_std, known ? nodes_known : nodes_unknown, out.tried);
    out.measured_std = spread(samples);
    judge(samples, out);
    out.evaluations = evaluations();
    return out;
  }
  std::int64_t evaluations() const { return model_.cost().model_capacity; }

 private:
  static Rows scaled(const Rows& x, double factor) {
    Rows out = x;
    for (double& v : out) v *= factor;
    return out;
  }

  double spread(const Rows& samples) const {
    return spread_over_rows(samples, d_) *
           std::sqrt(measured_rows / (measured_rows - 1.));  // their own mean is nearer than the data's
  }

  Rows denoise(const Rows& x, double sigma) { return denoise(x, {sigma, sigma, sigma, sigma}, measured_rows); }

  /// `labels`: of as many rows, then again.
  Rows denoise(const Rows& x, const std::array<double, measured_rows>& sigmas, std::size_t labels) {
    const std::size_t n = x.size() / d_;
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(i * d_), d_, model_.point(i).begin());
      model_.sigma(i) = sigmas[i];
      model_.trajectory(i) = static_cast<std::int64_t>(i % labels);
    }
    model_.evaluate(n);
    Rows D;
    for (std::size_t i = 0; i < n; ++i) {
      if (!model_.answer(i)) throw NothingToMeasure("the model failed: " + model_.cost().first_failure);
      D.insert(D.end(), model_.answer(i), model_.answer(i) + d_);
    }
    if (!std::ranges::all_of(D, [](double v) { return std::isfinite(v); }))
      throw NothingToMeasure("the model returned NaN or infinity at sigma " + shortest(sigmas[0]));
    return D;
  }

  /// What a short multistep of order 2 draws, evenly in ln sigma: blurred, but as wide as the data.
  Rows drawn() {
    const double ratio = std::pow(process_.sigma_min() / process_.sigma_max(), 1. / (nodes_drawing - 1));
    Rows x = scaled(latents_, process_.sigma_max()), D = denoise(x, process_.sigma_max()), before;
    std::vector<double> sigmas{process_.sigma_max()};
    for (int n = 1; n < nodes_drawing; ++n) {
      const double end = n == nodes_drawing - 1 ? process_.sigma_min() : sigmas.front() * ratio;
      const LinearStep step =
          exponential_step(std::span(sigmas).first(std::min<std::size_t>(sigmas.size(), 2)), end).predict;
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = step.decay * x[i] + step.weights[0] * D[i] + (step.values > 1 ? step.weights[1] * before[i] : 0);
      before = std::exchange(D, denoise(x, end));
      sigmas.insert(sigmas.begin(), end);
    }
    return D;
  }

  /// Samples by the multistep of F, and the errors of its steps.
  Rows run_on_plan(double s, int nodes, std::vector<TriedStep>& tried) {
    const double begin = process_.lam_begin(), end = process_.lam_end();
    std::vector<double> sigmas = StepPlan(ModelScales(s), begin, end, nodes).inner_sigmas();
    sigmas.push_back(process_.sigma_min());
    double sigma = process_.sigma_max();
    Rows x = scaled(latents_, sigma), D = denoise(x, sigma);
    std::vector<Rows> values{value_of_F(D, x, s / sigma)};  // newest first
    std::vector<double> ages{0};
    std::vector<Rows> corrections;
    for (const double next : sigmas) {
      const double h = std::log(sigma / next);
      const MultistepWeights w = multistep_weights(ages, h, 0, s / sigma);
      Rows extrapolated(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] *= w.decay;
        for (std::size_t k = 0; k < values.size(); ++k) {
          x[i] += w.predict[k] * values[k][i];
          extrapolated[i] += w.extrapolate[k] * values[k][i];
        }
      }
      D = denoise(x, next);
      const Rows& fresh = *values.insert(values.begin(), value_of_F(D, x, s / next));
      Rows& correction = corrections.emplace_back(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += correction[i] = w.correct * (fresh[i] - extrapolated[i]);
      tried.push_back({-.5 * std::log(sigma * next), h, 0});
      for (double& age : ages) age += h;
      ages.insert(ages.begin(), 0.);
      if (values.size() > plan_order) values.pop_back(), ages.pop_back();
      sigma = next;
    }
    const auto [direction, spread] = main_spread(D);
    for (std::size_t n = 0; n < tried.size(); ++n)
      tried[n].error = at_the_end(corrections[n], sigmas[n], s, direction, std::max(spread, s)) / s;
    return D;
  }

  /// What becomes of errors made at sigma in Gaussian data of standard deviation `spread` along the direction and s across: in each
  /// x ends as s/sqrt(sigma^2 + s^2) times itself. Root mean square.
  double at_the_end(const Rows& errors, double sigma, double s, const Rows& direction, double spread) const {
    double along2 = 0, all2 = 0;
    for (std::size_t i = 0; i < errors.size(); i += d_) {
      double along = 0;
      for (std::size_t k = 0; k < d_; ++k) {
        along += errors[i + k] * direction[k];
        all2 += errors[i + k] * errors[i + k];
      }
      along2 += along * along;
    }
    const auto kept = [&](double width) { return std::pow(width / std::hypot(sigma, width), 2); };
    return std::sqrt((along2 * kept(spread) + (all2 - along2) * kept(s)) / static_cast<double>(errors.size()));
  }

  /// The direction in which the samples differ most, and their standard deviation along it.
  std::pair<Rows, double> main_spread(const Rows& samples) const {
    Rows centred = samples, direction(d_);
    for (std::size_t k = 0; k < d_; ++k) {
      double mean = 0;
      for (std::size_t i = k; i < samples.size(); i += d_) mean += samples[i] / measured_rows;
      for (std::size_t i = k; i < samples.size(); i += d_) centred[i] -= mean;
      direction[k] = centred[k];
    }
    double length2 = 0;
    for (int pass = 0; pass < power_iterations; ++pass) {
      Rows next(d_);
      for (std::size_t i = 0; i < centred.size(); i += d_) {
        double along = 0;
        for (std::size_t k = 0; k < d_; ++k) along += centred[i + k] * direction[k];
        for (std::size_t k = 0; k < d_; ++k) next[k] += along * centred[i + k];
      }
      length2 = 0;
      for (const double v : next) length2 += v * v;
      if (length2 == 0) return {Rows(d_), 0};
      for (std::size_t k = 0; k < d_; ++k) direction[k] = next[k] / std::sqrt(length2);
    }
    return {direction, std::sqrt(std::sqrt(length2) / (measured_rows - 1))};
  }

  static Rows value_of_F(const Rows& D, const Rows& x, double relative) {
    const auto [gain, skip] = network_value(relative);
    Rows F(D.size());
    for (std::size_t i = 0; i < D.size(); ++i) F[i] = gain * (D[i] - skip * x[i]);
    return F;
  }

  /// Loss and roughness, at sigma = data_std.
  void judge(const Rows& samples, MeasuredScales& out) {
    const double s = out.data_std, sigma = std::clamp(s, process_.sigma_min() * nearby, process_.sigma_max() / nearby);
    const auto noised = [&](std::size_t repeat) {
      Rows x = samples;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] += sigma * fresh_[repeat * x.size() + i];
      return x;
    };
    double square = 0;
    Rows D;
    for (std::size_t repeat = 0; repeat < loss_repeats; ++repeat) {
      D = denoise(noised(repeat), sigma);
      for (std::size_t i = 0; i < D.size(); ++i) square += std::pow(D[i] - samples[i], 2);
    }
    out.loss = square / static_cast<double>(loss_repeats * D.size()) * (1 / (s * s) + 1 / (sigma * sigma));

    // The first half of the rows a little above sigma, then a little below.
    const std::size_t half = D.size() / 2;
    Rows x = noised(loss_repeats - 1);
    std::copy_n(x.begin(), half, x.begin() + static_cast<std::ptrdiff_t>(half));
    const double above = sigma * nearby, below = sigma / nearby;
    const Rows aside = denoise(x, {above, above, below, below}, measured_rows / 2);
    double bend2 = 0;
    for (std::size_t i = 0; i < half; ++i) bend2 += std::pow(aside[i] - 2 * D[i] + aside[half + i], 2);
    out.roughness = std::sqrt(bend2 / (6 * static_cast<double>(half))) / s;
  }

  BatchedModel model_;
  const Process& process_;
  std::size_t d_;
  Rows latents_, fresh_;  // what samples begin with, and what they are noised with after
};

}  // namespace

MeasuredScales measure_scales(const ScoreModel& model, const Process& process) {
  const double data_std = model.data_std();
  Measurement measurement(model, process);
  try {
    return measurement.measure(data_std);
  } catch (const NothingToMeasure& error) {
    if (!(data_std > 0)) throw ModelError(std::string(error.what()) + "; check the model, or set model.data_std");
    MeasuredScales unmeasured;  // each trajectory will say what is wrong with it
    unmeasured.data_std = unmeasured.measured_std = data_std;
    unmeasured.loss = unmeasured.roughness = nan;
    unmeasured.evaluations = measurement.evaluations();
    return unmeasured;
  }
}

MeasuredScales measure_scales(const ScoreModel& model, const Process& process, const std::string& cache,
                              std::int64_t& computed) {
  const auto measure = [&] {
    const MeasuredScales scales = measure_scales(model, process);
    computed += scales.evaluations;
    return scales;
  };
  return cached(
      cache, [&](const std::string& text) { return scales_from_text(text, cache); }, measure,
      [](const MeasuredScales& scales) { return scales_json(scales).dump(); });
}

}  // namespace shockstep
