#include "paper/numbers.hpp"

#include <ATen/ops/eye.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <limits>

namespace shockstep::paper {

Values linspace(double from, double to, int n) {
  Values x;
  for (int i = 0; i < n; ++i) x.push_back(from + (to - from) * i / (n - 1));
  return x;
}

Values logspace(double from, double to, int n) {
  Values x = linspace(std::log(from), std::log(to), n);
  for (double& value : x) value = std::exp(value);
  return x;
}

at::Tensor rows(const Values& x, std::int64_t d) {
  // from_blob takes no const pointer; the numbers are copied.
  return at::from_blob(const_cast<double*>(x.data()), {static_cast<std::int64_t>(x.size()) / d, d}, at::kDouble)
      .clone();
}

at::Tensor level(std::int64_t n, double sigma) { return at::full({n}, sigma, at::kDouble); }

Values denoised(const ScoreModel& model, const Values& x, double sigma) {
  const auto points = rows(x, model.dimension());
  return values(model.denoise(points, level(points.size(0), sigma)));
}

Values score(const ScoreModel& model, const Values& x, double sigma) {
  Values s = denoised(model, x, sigma);
  for (std::size_t i = 0; i < s.size(); ++i) s[i] = (s[i] - x[i]) / (sigma * sigma);
  return s;
}

Values score_gradient(const GaussianMixture& model, const Values& x, double sigma) {
  const auto points = rows(x, model.dimension());
  const auto J = model.jacobian(points, level(points.size(0), sigma));
  return values(J.sub(at::eye(model.dimension(), at::kDouble)).div(sigma * sigma));
}

double score_at(const ScoreModel& model, double x, double sigma) { return score(model, {x}, sigma).front(); }

double largest(const Values& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

double difference(const Values& a, const Values& b) {
  double most = 0;
  for (std::size_t i = 0; i < b.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most / largest(b);
}

double slope_of(const Values& x, const Values& y) {
  double x_mean = 0, y_mean = 0, xx = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) x_mean += x[i], y_mean += y[i];
  x_mean /= static_cast<double>(x.size()), y_mean /= static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    xx += (x[i] - x_mean) * (x[i] - x_mean), xy += (x[i] - x_mean) * (y[i] - y_mean);
  return xy / xx;
}

double order_of(const Values& x, const Values& y) {
  Values u, v;
  for (std::size_t i = 0; i < x.size(); ++i) u.push_back(std::log(x[i])), v.push_back(std::log(std::abs(y[i])));
  return slope_of(u, v);
}

double root(const std::function<double(double)>& f, double a, double b) {
  std::uintmax_t most = 200;
  const auto [low, high] =
      boost::math::tools::toms748_solve(f, a, b, boost::math::tools::eps_tolerance<double>(52), most);
  return low + (high - low) / 2;
}

}  // namespace shockstep::paper
