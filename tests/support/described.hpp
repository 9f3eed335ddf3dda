/// An exact model as a network under one description, described by another: what the fit check makes of it.
#pragma once

#include "model/parametrisation.hpp"

#include <shockstep/fit_check.hpp>
#include <shockstep/shockstep.hpp>

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace shockstep::test {

struct Description {
  NetworkOptions options;
  Process process;
};

/// What a network trained under the description returns, by the inverse of what is done with it: sigma from the time it is
/// told, by bisection, and from D the answer. Times out of range are those of its ends, a millionth and a million.
inline NetworkFunction network(const ModelPtr& exact, const Description& truth) {
  const auto parametrisation = std::make_shared<Parametrisation>(truth.options, truth.process);
  const double low = std::log(truth.process.sigma_min() / 100), high = std::log(truth.process.sigma_max() * 100);
  const auto sigma_of = [=](double time) {
    double a = low, b = high;
    const bool rises = parametrisation->at(std::exp(b)).time > parametrisation->at(std::exp(a)).time;
    for (int i = 0; i < 60; ++i) {
      const double middle = (a + b) / 2;
      ((parametrisation->at(std::exp(middle)).time < time) == rises ? a : b) = middle;
    }
    return std::exp((a + b) / 2);
  };
  return [=](const at::Tensor& y, const at::Tensor& time, const at::Tensor&) {
    const double sigma = sigma_of(time[0].item<double>());  // all rows of the check are at one level
    const Preconditioning p = parametrisation->at(sigma);
    const at::Tensor x = y / p.in;
    return (exact->denoise(x, at::full({x.size(0)}, sigma, at::kDouble)) - p.skip * x) / p.out;
  };
}

inline NetworkOptions options_for(const ScoreModel& exact) {
  NetworkOptions options;
  options.shape = exact.shape(), options.data_std = exact.data_std(), options.dtype = NetworkType::float64;
  return options;
}

/// Every combination of prediction, time and input scale that the process has.
inline std::vector<Description> descriptions(const ScoreModel& exact, const Process& process) {
  struct Time {
    TimeInput input;
    double scale = 1;
  };
  std::vector<Time> times{{TimeInput::sigma}, {TimeInput::log_sigma}, {TimeInput::edm}};
  if (process.steps() > 0)
    times.insert(times.end(), {{TimeInput::index}, {TimeInput::index_over_N}});
  else
    times.insert(times.end(), {{TimeInput::t}, {TimeInput::t, 1000}});
  std::vector<Description> all;
  for (const Time& time : times)
    for (const Predicts predicts :
         {Predicts::denoised, Predicts::noise, Predicts::velocity, Predicts::flow, Predicts::score, Predicts::edm})
      for (const ScaleInput scale : {ScaleInput::none, ScaleInput::process}) {
        if (predicts == Predicts::edm && scale == ScaleInput::process) continue;
        NetworkOptions options = options_for(exact);
        options.predicts = predicts, options.time = time.input, options.time_scale = time.scale;
        options.scale_input = scale;
        all.push_back({options, process});
      }
  return all;
}

/// 200 samples on 30 nodes from sigma_max down to sigma_min.
inline at::Tensor samples(const ModelPtr& model, const Process& process, double sigma_max, double sigma_min) {
  SamplerOptions options;
  FixedSteps steps;
  for (int i = 0; i < 30; ++i) steps.sigmas.push_back(sigma_max * std::pow(sigma_min / sigma_max, i / 29.));
  options.method = Method::dpmpp_2m, options.steps = steps, options.guard.enabled = false;
  return Sampler(model, process, options).sample({.count = 200, .batch = 200, .threads = 1}).samples;
}

/// More than 2 % of the samples differ by more than a hundredth, from the same noise and over the range both have.
inline bool differ(const ModelPtr& a, const Process& of_a, const ModelPtr& b, const Process& of_b) {
  const double high = std::min(of_a.sigma_max(), of_b.sigma_max()), low = std::max(of_a.sigma_min(), of_b.sigma_min());
  const at::Tensor gap = (samples(a, of_a, high, low) - samples(b, of_b, high, low)).flatten(1).pow(2).mean(1).sqrt();
  return (gap <= 1e-2).sum().item<double>() < .98 * static_cast<double>(gap.numel());  // NaN differs
}

struct Verdict {
  bool matters;  ///< the wrong description changes samples
  FitReport report;
  bool named;  ///< the suggestion gives the samples of the truth
};

inline Verdict verdict(const ModelPtr& exact, const Description& truth, const Description& stated,
                       const FitOptions& options = {}) {
  const auto forward = network(exact, truth);
  const ModelPtr right = wrap_network(forward, truth.options, truth.process);
  const ModelPtr described = wrap_network(forward, stated.options, stated.process);
  const FitResult result = check_fit(described, stated.process, options);
  const bool named = result.better && !differ(right, truth.process, result.better, result.better_process);
  return {differ(right, truth.process, described, stated.process), result.report, named};
}

/// "noise of sigma, scaled"
inline std::string text(const Description& d) {
  static const char* predicts[] = {"denoised", "noise", "velocity", "flow", "score", "edm"};
  static const char* times[] = {"sigma", "log_sigma", "edm", "t", "index", "index/N"};
  return std::string(predicts[static_cast<int>(d.options.predicts)]) + " of " +
         times[static_cast<int>(d.options.time.value_or(TimeInput::sigma))] +
         (d.options.time_scale == 1 ? "" : " x1000") +
         (d.options.scale_input == ScaleInput::process ? ", scaled" : "") + " (" + d.process.kind() + ")";
}

}  // namespace shockstep::test
