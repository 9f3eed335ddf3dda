#include <shockstep/model_scales.hpp>

#include <shockstep/batched_model.hpp>
#include <shockstep/error.hpp>
#include <shockstep/precision.hpp>

#include "controller/model_scales_json.hpp"
#include "core/cached.hpp"
#include "core/nan.hpp"
#include "core/statistics.hpp"
#include "core/text.hpp"
#include "engine/pilot.hpp"
#include "process/step_plan.hpp"
#include "process/whole_times.hpp"
#include "stepper/grid_weights.hpp"
#include "stepper/network_value.hpp"

#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shockstep {
namespace {

// Where data_std is given the run on the plan has 13 nodes; else samples are drawn before, in 4 nodes, and it has 9.
constexpr int measured_rows = 4, nodes_known = 13, nodes_drawing = 4, nodes_unknown = 9;
constexpr double trusted = 2;        // what four samples' own spread may be off by
constexpr double widest_guess = 64;  // over the samples that those few nodes leave
constexpr int plan_order = 3;
constexpr int power_iterations = 20;
constexpr std::size_t loss_repeats = 2;
constexpr double nearby = 1.02;  // sigmas between which D of a network that is smooth in time is nearly linear

// Times of which a network that cuts off, or rounds up or to the nearest, makes one, one and the next: behind the same whole number.
// Its D stands nearly still between the first two and jumps before the third, by 2.5 times the line through them; that of a network that
// is smooth bends by less than a tenth.
constexpr double same_time = .55, still_same = .95, another_time = 1.55, least_jump = .5;
constexpr double rounding = 3e-5, roundings = 8;  // over data_std and in units of eps: less is no jump

/// Noise levels of the last rows; the last two are 0 where time is continuous, or its whole ones too far apart.
struct Judged {
  double sigma = 0, above = 0, below = 0, still = 0, next = 0;
};

using Rows = std::vector<double>;  // [measured_rows, d]

struct NothingToMeasure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Measurement {
 public:
  Measurement(const ScoreModel& model, const Process& process)
      : model_(model, measured_rows),
        process_(process),
        exact_(model.exact()),
        least_off_(std::max(rounding, roundings * epsilon(model))),
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
    out.data_std = known ? data_std : guessed_std();
    if (exact_ && out.data_std == 0)
      out.data_std = process_.sigma_min();  // a point: D is constant, and any scale will do
    if (!(out.data_std > 0) || !std::isfinite(out.data_std))
      throw NothingToMeasure("all samples that were drawn to measure data_std are equal");
    const Rows samples = run_on_plan(out.data_std, known ? nodes_known : nodes_unknown, out);
    out.measured_std = spread(samples);
    if (!known && out.measured_std > 0)
      change_scale(out, std::clamp(out.data_std, out.measured_std / trusted, out.measured_std * trusted));
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

  Rows denoise(const Rows& x, double sigma) { return denoise(x, {sigma, sigma, sigma, sigma}, {0, 1, 2, 3}); }

  /// `labels`: whose label each row has.
  Rows denoise(const Rows& x, const std::array<double, measured_rows>& sigmas,
               const std::array<std::size_t, measured_rows>& labels) {
    const std::size_t n = x.size() / d_;
    for (std::size_t i = 0; i < n; ++i) {
      std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(i * d_), d_, model_.point(i).begin());
      model_.sigma(i) = sigmas[i];
      model_.trajectory(i) = static_cast<std::int64_t>(labels[i]);
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

  /// The standard deviation of Gaussian data of which a few steps of Euler in D, evenly in ln sigma, leave as much as of these: each
  /// multiplies what differs from the mean by r + (1 - r) s^2/(s^2 + sigma^2), r = sigma_next/sigma. No step of that kind
  /// overshoots, however long.
  double guessed_std() {
    const double ratio = std::pow(process_.sigma_min() / process_.sigma_max(), 1. / (nodes_drawing - 1));
    Rows x = scaled(latents_, process_.sigma_max());
    std::vector<double> sigmas;
    for (double sigma = process_.sigma_max(); sigmas.size() < nodes_drawing - 1; sigma *= ratio) {
      sigmas.push_back(sigma);
      const Rows D = denoise(x, sigma);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::lerp(D[i], x[i], ratio);
    }
    const double left = spread(denoise(x, process_.sigma_min())), begun = spread(latents_) * process_.sigma_max();
    if (!(left > 0)) return 0;
    const auto excess = [&](double log_s) {
      const auto skip = [&](double sigma) { return 1 / (1 + std::pow(sigma / std::exp(log_s), 2)); };
      double of_gaussian = begun * skip(process_.sigma_min());
      for (const double sigma : sigmas) of_gaussian *= std::lerp(skip(sigma), 1, ratio);
      return of_gaussian - left;
    };
    const double low = std::log(left / widest_guess), high = std::log(left * widest_guess);
    if (!(excess(low) < 0 && excess(high) > 0)) return left;  // wider than the range of sigma
    std::uintmax_t most = 100;
    const auto [below, above] =
        boost::math::tools::toms748_solve(excess, low, high, boost::math::tools::eps_tolerance<double>(20), most);
    return std::exp(.5 * (below + above));
  }

  /// What was tried on the plan of another scale, as it would have been with steps of this one's.
  void change_scale(MeasuredScales& out, double s) const {
    const StepPlan plan(ModelScales(s), process_.lam_begin(), process_.lam_end(), nodes_unknown);
    for (TriedStep& step : out.tried) {
      const double length = plan.length(step.lam);
      step.error *= out.data_std / s * std::pow(length / step.length, plan_order + 1);
      step.length = length;
    }
    out.data_std = out.measured_std = s;
  }

  /// How the rows differ from row to row.
  TriedNode seen(double sigma, const Rows& x, const Rows& D) const {
    TriedNode node{.sigma = sigma};
    for (std::size_t k = 0; k < d_; ++k) {
      double mean_x = 0, mean_D = 0;
      for (std::size_t i = k; i < x.size(); i += d_) mean_x += x[i] / measured_rows, mean_D += D[i] / measured_rows;
      for (std::size_t i = k; i < x.size(); i += d_) {
        const double dx = x[i] - mean_x, dD = D[i] - mean_D;
        node.xx += dx * dx, node.xD += dx * dD, node.DD += dD * dD;
      }
    }
    const double freedoms = (measured_rows - 1.) * static_cast<double>(d_);
    node.xx /= freedoms, node.xD /= freedoms, node.DD /= freedoms;
    return node;
  }

  /// Samples by the multistep of F, the errors of its steps and what its nodes had.
  Rows run_on_plan(double s, int nodes, MeasuredScales& out) {
    std::vector<TriedStep>& tried = out.tried;
    const double begin = process_.lam_begin(), end = process_.lam_end();
    std::vector<double> sigmas = StepPlan(ModelScales(s), begin, end, nodes).inner_sigmas();
    sigmas.push_back(process_.sigma_min());
    double sigma = process_.sigma_max();
    Rows x = scaled(latents_, sigma), D = denoise(x, sigma);
    out.nodes.push_back(seen(sigma, x, D));
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
      out.nodes.push_back(seen(next, x, D));
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

  /// Where D is judged, near sigma = data_std.
  Judged judged(double s) const {
    const double sigma = std::clamp(s, process_.sigma_min() * nearby, process_.sigma_max() / nearby);
    const Judged smooth{.sigma = sigma, .above = sigma * nearby, .below = sigma / nearby};
    if (process_.steps() == 0) return smooth;
    // As far behind the point each, so that a network that knows whole times only is as wrong at each.
    const WholeTimes times(process_);
    const double whole = std::floor(times.time(sigma));
    const double aside = std::max(1., std::round(times.time(sigma * nearby) - times.time(sigma)));
    if (whole - aside < times.first() || whole + aside + 1 > times.last()) return smooth;
    const auto at = [&](double behind) { return times.sigma(whole + behind); };
    if (at(1) > at(0) * nearby) return smooth;
    return {at(same_time), at(aside + same_time), at(same_time - aside), at(still_same), at(another_time)};
  }

  /// Loss, roughness and whether only whole times count.
  void judge(const Rows& samples, MeasuredScales& out) {
    const double s = out.data_std;
    const Judged at = judged(s);
    Rows x = samples;
    const auto noise = [&](std::size_t repeat) {
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = samples[i] + at.sigma * fresh_[repeat * x.size() + i];
    };
    const auto row = [&](const Rows& of, std::size_t i) { return std::span(of).subspan(i * d_, d_); };
    const auto distance2 = [&](std::span<const double> a, std::span<const double> b) {
      double sum = 0;
      for (std::size_t k = 0; k < d_; ++k) sum += std::pow(a[k] - b[k], 2);
      return sum / static_cast<double>(d_);
    };

    // Where the process has whole times, half of the first rows look at them.
    noise(0);
    std::array<double, measured_rows> sigmas;
    sigmas.fill(at.sigma);
    std::array<std::size_t, measured_rows> labels{0, 1, 2, 3};
    if (at.still > 0) {
      for (const std::size_t i : {2UL, 3UL})
        std::ranges::copy(row(x, 0), x.begin() + static_cast<std::ptrdiff_t>(i * d_));
      sigmas[2] = at.still, sigmas[3] = at.next;
      labels = {0, 1, 0, 0};
    }
    const Rows first = denoise(x, sigmas, labels);
    noise(1);
    const Rows D = denoise(x, at.sigma);
    double square = 0;
    const std::size_t others = at.still > 0 ? 2 : measured_rows;
    for (std::size_t i = 0; i < measured_rows; ++i) square += distance2(row(D, i), row(samples, i));
    for (std::size_t i = 0; i < others; ++i) square += distance2(row(first, i), row(samples, i));
    out.loss = square / static_cast<double>(measured_rows + others) * (1 / (s * s) + 1 / (at.sigma * at.sigma));
    out.whole_times = at.still > 0 && jumps(row(first, 0), row(first, 2), row(first, 3), s);
    out.roughness = roughness(x, D, at) / s;
  }

  /// Whether D at the next whole time is far off the line through D at two times between whole ones.
  bool jumps(std::span<const double> D, std::span<const double> still, std::span<const double> next, double s) const {
    constexpr double ahead = (another_time - still_same) / (still_same - same_time);
    double off2 = 0, moved2 = 0;
    for (std::size_t k = 0; k < d_; ++k) {
      off2 += std::pow(next[k] - still[k] - ahead * (still[k] - D[k]), 2);
      moved2 += std::pow(still[k] - D[k], 2);
    }
    return off2 > least_jump * least_jump * moved2 && off2 > least_off_ * least_off_ * s * s * static_cast<double>(d_);
  }

  /// D of the first half of the rows a little above sigma and a little below, off the line between.
  double roughness(Rows x, const Rows& D, const Judged& at) {
    const std::size_t half = D.size() / 2;
    std::copy_n(x.begin(), half, x.begin() + static_cast<std::ptrdiff_t>(half));
    const Rows aside = denoise(x, {at.above, at.above, at.below, at.below}, {0, 1, 0, 1});
    const double up = std::log(at.above / at.sigma), down = std::log(at.sigma / at.below), weight = down / (up + down);
    double bend2 = 0;
    for (std::size_t i = 0; i < half; ++i) bend2 += std::pow(std::lerp(aside[half + i], aside[i], weight) - D[i], 2);
    // 1 + 2/4 times the mean square of a jump.
    return std::sqrt(bend2 / (1.5 * static_cast<double>(half)));
  }

  BatchedModel model_;
  const Process& process_;
  bool exact_;
  double least_off_;
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
