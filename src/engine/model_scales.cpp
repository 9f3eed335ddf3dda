#include <shockstep/model_scales.hpp>

#include <shockstep/batched_model.hpp>
#include <shockstep/error.hpp>

#include "controller/model_scales_json.hpp"
#include "core/cached.hpp"
#include "core/nan.hpp"
#include "core/statistics.hpp"
#include "core/text.hpp"
#include "engine/pilot.hpp"
#include "stepper/grid_weights.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shockstep {
namespace {

constexpr int rows = 8, nodes = 5;  // of the short run that draws samples
constexpr int power_rows = 4, power_iterations = 2;
constexpr double far = 12;  // over data_std: where D - mean = C x/sigma^2 is read off
// A denoiser has .05 or less at the usual sigma_max, and .5 where that is twice the spread of the data; networks that predict noise and
// were trained little, 2 and more.
constexpr double rough_noise = .7;

using Rows = std::vector<double>;  // [rows, d]

struct NothingToMeasure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Measurement {
 public:
  Measurement(const ScoreModel& model, const Process& process)
      : model_(model, rows), process_(process), d_(static_cast<std::size_t>(model.dimension())), latents_(rows * d_) {
    for (std::size_t i = 0; i < rows; ++i)
      pilot_latents(static_cast<std::int64_t>(i), std::span(latents_).subspan(i * d_, d_));
  }

  MeasuredScales measure(double data_std) {
    MeasuredScales out;
    const Rows first = denoise(scaled(latents_, process_.sigma_max()), process_.sigma_max()), drawn = samples(first);
    out.measured_std = spread_over_rows(drawn, d_);
    out.data_std = data_std > 0 ? data_std : out.measured_std;
    if (!(out.data_std > 0) || !std::isfinite(out.data_std))
      throw NothingToMeasure("all samples that were drawn to measure data_std are equal");
    out.noise = within_labels(first) / out.data_std;
    out.rough = out.noise > rough_noise;
    // All of the variance in one direction makes it sqrt(d); guidance makes D answer as if there were more.
    const double spread = main_spread(drawn, std::min(far * out.data_std, process_.sigma_max())) / out.data_std;
    out.spread = std::clamp(spread, 1., std::sqrt(static_cast<double>(d_)));
    out.loss = loss(drawn, std::clamp(out.data_std, process_.sigma_min(), process_.sigma_max()), out.data_std);
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

  /// Of as many rows as x has.
  Rows denoise(const Rows& x, double sigma) {
    const std::size_t n = x.size() / d_;
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(i * d_), d_, model_.point(i).begin());
      model_.sigma(i) = sigma;
      model_.trajectory(i) = static_cast<std::int64_t>(i % (rows / 2));  // of each label two rows
    }
    model_.evaluate(n);
    Rows D;
    for (std::size_t i = 0; i < n; ++i) {
      if (!model_.answer(i)) throw NothingToMeasure("the model failed: " + model_.cost().first_failure);
      D.insert(D.end(), model_.answer(i), model_.answer(i) + d_);
    }
    if (!std::ranges::all_of(D, [](double v) { return std::isfinite(v); }))
      throw NothingToMeasure("the model returned NaN or infinity at sigma " + shortest(sigma));
    return D;
  }

  /// What a short multistep of order 2 draws, evenly in ln sigma: blurred, but as wide as the data.
  Rows samples(const Rows& first) {
    const double ratio = std::pow(process_.sigma_min() / process_.sigma_max(), 1. / (nodes - 1));
    Rows x = scaled(latents_, process_.sigma_max()), D = first, before;
    std::vector<double> sigmas{process_.sigma_max()};
    for (int n = 1; n < nodes; ++n) {
      const double end = n == nodes - 1 ? process_.sigma_min() : sigmas.front() * ratio;
      const LinearStep step =
          exponential_step(std::span(sigmas).first(std::min<std::size_t>(sigmas.size(), 2)), end).predict;
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = step.decay * x[i] + step.weights[0] * D[i] + (step.values > 1 ? step.weights[1] * before[i] : 0);
      before = std::exchange(D, denoise(x, end));
      sigmas.insert(sigmas.begin(), end);
    }
    return D;
  }

  /// Standard deviation among rows that have the same label.
  double within_labels(const Rows& values) const {
    const std::size_t half = values.size() / 2;
    double square = 0;
    for (std::size_t i = 0; i < half; ++i) square += std::pow(values[i] - values[i + half], 2) / 2;
    return std::sqrt(square / static_cast<double>(half));
  }

  /// Of the data along the direction where it is largest, by power iterations of dD/dx at a sigma far above: for Gaussian data that
  /// has eigenvalues c = s_i^2/(s_i^2 + sigma^2). Samples less their mean are directions to begin with.
  double main_spread(const Rows& drawn, double sigma) {
    const std::size_t n = power_rows * d_;
    Rows direction(drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(n));
    for (std::size_t k = 0; k < d_; ++k) {
      double mean = 0;
      for (std::size_t i = k; i < drawn.size(); i += d_) mean += drawn[i] / rows;
      for (std::size_t i = k; i < n; i += d_) direction[i] -= mean;
    }
    std::vector<double> growth(power_rows);
    for (int pass = 0; pass < power_iterations; ++pass) {
      normalise(direction);
      Rows up(n), down(n);
      for (std::size_t i = 0; i < n; ++i) {
        up[i] = sigma * (latents_[i] + direction[i]);
        down[i] = sigma * (latents_[i] - direction[i]);
      }
      up.insert(up.end(), down.begin(), down.end());  // one call
      const Rows D = denoise(up, sigma);
      std::ranges::fill(growth, 0.);
      for (std::size_t i = 0; i < n; ++i) {
        const double change = (D[i] - D[n + i]) / (2 * sigma);
        growth[i / d_] += change * direction[i];
        direction[i] = change;
      }
    }
    const double c = std::clamp(quantile(growth, .5), 1e-6, .99);
    return sigma * std::sqrt(c / (1 - c));
  }

  double loss(const Rows& drawn, double sigma, double data_std) {
    Rows x = drawn;
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] += sigma * latents_[x.size() - 1 - i];  // not the noise that they came from
    const Rows D = denoise(x, sigma);
    double square = 0;
    for (std::size_t i = 0; i < x.size(); ++i) square += std::pow(D[i] - drawn[i], 2);
    const double s2 = data_std * data_std, sigma2 = sigma * sigma;
    return square / static_cast<double>(x.size()) * (s2 + sigma2) / (s2 * sigma2);
  }

  void normalise(Rows& directions) const {
    for (std::size_t i = 0; i < directions.size(); i += d_) {
      double square = 1e-300;
      for (std::size_t k = 0; k < d_; ++k) square += directions[i + k] * directions[i + k];
      for (std::size_t k = 0; k < d_; ++k) directions[i + k] /= std::sqrt(square);
    }
  }

  BatchedModel model_;
  const Process& process_;
  std::size_t d_;
  Rows latents_;
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
    unmeasured.noise = unmeasured.loss = nan;
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
