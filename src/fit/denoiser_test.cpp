#include "fit/denoiser_test.hpp"

#include "controller/denoiser_check.hpp"
#include "core/text.hpp"
#include "fit/trained_error.hpp"

#include <shockstep/batched_model.hpp>
#include <shockstep/error.hpp>
#include <shockstep/random.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

/// Ends a test.
struct Broken : Error {
  using Error::Error;
};

double mean_square(const at::Tensor& x) { return x.pow(2).mean().item<double>(); }

/// The rows of one test: calls of the model with their labels, in batches, counted.
class TestRows {
 public:
  TestRows(const ScoreModel& model, const TestPlan& plan)
      : model_(model), plan_(plan), batches_(model, static_cast<int>(std::min<std::int64_t>(plan.batch, plan.rows))) {
    trajectory_ = at::arange(plan.rows, at::kLong);  // a list of labels shorter than that is taken in turn
    if (model.conditions() > 0) trajectory_ = trajectory_.remainder(model.conditions());
  }

  at::Tensor denoise(const at::Tensor& x, double sigma) {
    if (plan_.observer && plan_.observer->cancelled()) throw Cancelled("the fit check was cancelled");
    evaluations_ += plan_.rows;
    at::Tensor D = batches_.denoise(x, sigma, trajectory_);
    if (!D.isfinite().all().item<bool>()) throw Broken("D is NaN or infinite at sigma " + shortest(sigma));
    return D;
  }

  at::Tensor normal() {
    std::vector<std::int64_t> shape = model_.shape();
    shape.insert(shape.begin(), plan_.rows);
    const at::Tensor n = at::empty(shape, at::kDouble);
    fill_normal({n.mutable_data_ptr<double>(), static_cast<std::size_t>(n.numel())}, plan_.seed, Stream::pilot,
                draws_++,
                /*interval=*/2);
    return n;
  }

  std::int64_t evaluations() const { return evaluations_; }

 private:
  const ScoreModel& model_;
  const TestPlan& plan_;
  BatchedModel batches_;
  at::Tensor trajectory_;
  std::int64_t evaluations_ = 0;
  std::uint64_t draws_ = 0;
};

class Test {
 public:
  Test(const ScoreModel& model, const Process& process, const TestPlan& plan)
      : plan_(plan),
        rows_(model, plan),
        error_(model, process),
        step_(difference_step(model, {1e-2, 1e-2}, Difference::central)),
        time_step_(difference_step(model, {.02, .02}, Difference::second)),
        low_(process.sigma_min()),
        high_(process.sigma_max()),
        largest_drift_(largest_drift(static_cast<double>(plan.rows * model.dimension()))) {
    result_.least_start_drift = least_start_drift(model.data_std());
    top_ = top(model.data_std());
  }

  DenoiserTest run() {
    try {
      draw();
      double gain = 0;
      for (int k = 0; k < plan_.levels; ++k) {
        result_.levels.push_back(level(ladder(k)));
        result_.misfit = std::max(result_.misfit, result_.levels.back().misfit);
        gain += result_.levels.back().gain;
        if (result_.misfit > plan_.enough) break;
      }
      result_.structure = std::max(0., gain / plan_.levels);
      if (plan_.extras) extras();
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& e) {
      result_.broken = e.what();
      result_.misfit = std::numeric_limits<double>::infinity();
    }
    result_.evaluations = rows_.evaluations();
    return result_;
  }

 private:
  // DPM-Solver++(2M), Lu et al. 2022 (arXiv 2211.01095), algorithm 2, on equal steps of ln sigma. Down to the middle of the
  // range, where its error is far below sigma, the drift of the path is bounded as that of noised data.
  void draw() {
    at::Tensor x = high_ * rows_.normal(), last;
    const double ratio = std::pow(low_ / high_, 1. / plan_.steps);
    for (int i = 0; i < plan_.steps; ++i) {
      const double sigma = high_ * std::pow(ratio, i);
      const at::Tensor D = rows_.denoise(x, sigma);
      const double drift = mean_square(x - D) / (sigma * sigma);
      if (i == 0) result_.start_drift = drift;
      if (i == 0 && drift < result_.least_start_drift)
        throw Broken("at sigma_max D is x itself, where it can know next to nothing of the data");
      if (sigma * sigma >= low_ * high_ && drift > largest_drift_)
        throw Broken("at sigma " + shortest(std::round(sigma * 1e3) / 1e3) + " the mean square of D - x is " +
                     shortest(std::round(drift * 10) / 10) +
                     " sigma^2; that of a denoiser is at most 1, whatever the data");
      x = ratio * x + (1 - ratio) * (last.defined() ? D + .5 * (D - last) : D);
      last = D;
    }
    x0_ = std::move(x);
    mean_ = x0_.mean(0, /*keepdim=*/true);
    variance_ = mean_square(x0_ - mean_);
    if (!std::isfinite(variance_)) throw Broken("the samples are not finite");
    result_.spread = std::sqrt(variance_);
    result_.deviation = std::sqrt(mean_square(x0_ - x0_.mean()));
    result_.collapsed = variance_ < 4 * low_ * low_;
  }

  // From `top_` to twice sigma_min, evenly in ln sigma.
  double ladder(int k) const { return top_ * std::pow(std::min(1., 2 * low_ / top_), k / (plan_.levels - 1.)); }

  // sigma_max, but where it is below the spread of the data: the model then draws some of its modes more often than the data have
  // them, and only where D decides between near points is it the best guess of such samples, too.
  double top(double data_std) const { return data_std > high_ ? std::min(high_, data_std / 8) : high_; }

  // The samples carry noise sigma_min already, so sigma is reached with the rest; and E[x_s | x_sigma] of the state at
  // s = sigma_min is D + (s/sigma)^2 (x - D), a Gaussian bridge.
  TestLevel level(double sigma) {
    const double s2 = sigma * sigma, kept = low_ * low_ / s2;
    const at::Tensor x = x0_ + std::sqrt(s2 - low_ * low_) * rows_.normal(), D = rows_.denoise(x, sigma);
    const at::Tensor noise = x - D, error = x0_ - D - kept * noise;
    const double part = std::sqrt(mean_square(D - error_.skip(sigma) * x));
    const double linear =
        variance_ * s2 / (variance_ + s2) + std::pow(error_.allowed(part, sigma, std::sqrt(variance_)), 2);
    TestLevel out{.sigma = sigma,
                  .drift = mean_square(noise) / (s2 + std::pow(error_.rounded(part), 2)),
                  .loss = mean_square(error) / linear};

    std::vector<at::Tensor> directions{noise};
    if (plan_.neighbours)
      for (const double factor : {1.5, 1 / 1.5})
        if (const double other = std::clamp(factor * sigma, low_, high_); other != sigma)
          directions.push_back(rows_.denoise(x, other) - D);
    const std::size_t in_time = directions.size();
    if (plan_.neighbours) directions.push_back(rows_.denoise(mean_ + 1.1 * (x - mean_), sigma) - D);
    directions.push_back(D - mean_);
    const double total = linear * static_cast<double>(x.numel());
    // On the same noise, so that the gain of a linear D is exactly 0.
    const at::Tensor data = x0_ - mean_, seen = x - mean_;
    const double slope = (data * seen).sum().item<double>() / seen.pow(2).sum().item<double>();
    out.gain = ((data - slope * seen).pow(2).sum() - error.pow(2).sum()).item<double>() / total;

    std::vector<at::Tensor> basis;
    for (std::size_t j = 0; j < directions.size(); ++j) {
      at::Tensor q = directions[j];
      const double length = q.norm().item<double>();
      for (const at::Tensor& p : basis) q = q - (p * q).sum() * p;
      const double left = q.norm().item<double>();
      if (!(left > 1e-4 * length)) continue;
      q = q / left;
      basis.push_back(q);
      const at::Tensor share = (q * error).flatten(1).sum(1);
      const double sum = share.sum().item<double>(), squares = share.pow(2).sum().item<double>();
      if (sum * sum <= plan_.significance * squares) continue;
      out.misfit += sum * sum / total;
      if (j > 0 && j < in_time) out.time += sum * sum / total;
    }
    // A few rows far off widen the spread that Student's t divides by: the mean alone is asked too.
    if (out.loss > largest_loss) out.misfit = std::max(out.misfit, out.loss - 1);
    if (out.drift > largest_drift_) out.misfit = std::max(out.misfit, out.drift - 1);
    return out;
  }

  // At the level where most of the data are undecided: the one whose drift is nearest to a half.
  void extras() {
    const auto half = [](const TestLevel& l) { return std::abs(l.drift - .5); };
    const double sigma = std::ranges::min(result_.levels, {}, half).sigma;
    const at::Tensor x = x0_ + sigma * rows_.normal(), u = rows_.normal(), v = rows_.normal();
    const auto along = [&](const at::Tensor& w) {
      const double h = step_ * sigma;
      return (rows_.denoise(x + h * w, sigma) - rows_.denoise(x - h * w, sigma)) / (2 * h);
    };
    const at::Tensor Ju = along(u), Jv = along(v);
    const auto products = [](const at::Tensor& a, const at::Tensor& b) { return (a * b).flatten(1).sum(1); };
    // u.Jv - v.Ju = 2 u.A v with A the antisymmetric part: E = 4 |A|^2 in Frobenius' norm, E|Ju|^2 = |J|^2.
    const double antisymmetric = products(u, Jv).sub(products(v, Ju)).pow(2).mean().item<double>() / 4;
    const double whole = (products(Ju, Ju).mean() + products(Jv, Jv).mean()).item<double>() / 2;
    result_.asymmetry = whole > 0 ? 2 * std::sqrt(antisymmetric / whole) : 0;

    const double h = time_step_;
    const auto at_level = [&](double factor) {
      return rows_.denoise(x, std::clamp(sigma * std::exp(factor * h), low_, high_));
    };
    const at::Tensor D = at_level(0), before = at_level(-1), after = at_level(1);
    const double first = mean_square(after - before) / 4, second = mean_square(after - 2 * D + before);
    result_.roughness = first > 0 ? std::sqrt(second / first) : 0;
  }

  // Of Gaussian data of deviation s it is (sigma^2/(sigma^2 + s^2))^2 at the latents, which are narrower than noised data: .25 or more
  // where sigma_max is no less than the spread of the data, which it can be. 32 normal numbers have a mean square below .1 in one of
  // 10^14 draws.
  double least_start_drift(double data_std) const {
    const double s2 = high_ * high_;
    return std::min(.1, .25 * std::pow(s2 / (s2 + data_std * data_std), 2));
  }
  // The best linear denoiser is no better than D, so 1 is expected.
  static constexpr double largest_loss = 3;

  const TestPlan& plan_;
  TestRows rows_;
  TrainedError error_;
  double step_, time_step_;  // of differences: over sigma, and in ln sigma
  double low_, high_, largest_drift_, top_ = 0;
  at::Tensor x0_, mean_;
  double variance_ = 0;
  DenoiserTest result_;
};

}  // namespace

DenoiserTest test_denoiser(const ScoreModel& model, const Process& process, const TestPlan& plan) {
  return Test(model, process, plan).run();
}

}  // namespace shockstep
