#include "model/gaussian_mixture_parts.hpp"

#include "core/magnitude.hpp"
#include "core/shape_text.hpp"
#include "core/text.hpp"
#include "model/exact_rows.hpp"

#include <shockstep/error.hpp>
#include <shockstep/tensor_values.hpp>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

// Rounding in a covariance that was computed, perhaps in single precision, relative to its largest entry or eigenvalue.
constexpr double rounding = 1e-6;

void check(const std::string& key, const at::Tensor& t, std::initializer_list<std::int64_t> shape) {
  if (t.sizes() != at::IntArrayRef(shape))
    throw ConfigError(key, "must have shape " + shape_text(shape) + ", got " + shape_text(t.sizes()));
  const auto numbers = doubles(t);
  for (std::int64_t i = 0; i < t.numel(); ++i) check_magnitude(key, numbers.const_data_ptr<double>()[i]);
}

// Distinct values of s^2 in order of appearance, and which one each component has.
void set_widths(GaussianMixture::Parts& p, const at::Tensor& stds) {
  for (std::int64_t k = 0; k < p.K; ++k) {
    const double s = stds.const_data_ptr<double>()[stds.numel() == 1 ? 0 : k];
    check_width("std", s);
    const auto found = std::find(p.width2.begin(), p.width2.end(), s * s);
    p.width_of.push_back(found - p.width2.begin());
    if (found == p.width2.end()) p.width2.push_back(s * s);
  }
  p.variance_min = *std::min_element(p.width2.begin(), p.width2.end());
}

void set_covariances(GaussianMixture::Parts& p, const at::Tensor& means, const at::Tensor& C) {
  p.full = true;
  for (std::int64_t k = 0; k < p.K; ++k) {
    const double* c = C.const_data_ptr<double>() + k * p.d * p.d;
    double largest = 0, asymmetry = 0;
    for (std::int64_t i = 0; i < p.d; ++i)
      for (std::int64_t j = 0; j < p.d; ++j) {
        largest = std::max(largest, std::abs(c[i * p.d + j]));
        asymmetry = std::max(asymmetry, std::abs(c[i * p.d + j] - c[j * p.d + i]));
      }
    if (asymmetry > rounding * largest)
      throw ConfigError("covariances", "component " + std::to_string(k) + " is not symmetric");
  }
  const auto [e, U] = at::linalg_eigh(C.add(C.transpose(1, 2)).div(2));
  p.eigenvalue = values(e.contiguous());
  p.rotation = values(U.contiguous());
  for (std::int64_t k = 0; k < p.K; ++k) {
    double* ek = &p.eigenvalue[k * p.d];  // ascending
    if (ek[0] < -rounding * std::abs(ek[p.d - 1]))
      throw ConfigError("covariances",
                        "component " + std::to_string(k) + " has the negative eigenvalue " + shortest(ek[0]));
    for (std::int64_t j = 0; j < p.d; ++j) ek[j] = std::max(ek[j], 0.);
  }
  p.variance_min = *std::min_element(p.eigenvalue.begin(), p.eigenvalue.end());
  p.stacked = U.permute({1, 0, 2}).reshape({p.d, p.K * p.d}).contiguous();

  const auto centre = means.mean(0);
  p.centre = values(centre);
  p.centred = means.sub(centre).contiguous();
  p.centred_norm2_max = p.centred.square().sum(1).max().item<double>();
  p.centred_rotated = values(at::matmul(p.centred.unsqueeze(1), U).contiguous());
}

}  // namespace

GaussianMixture::GaussianMixture(const GaussianMixtureOptions& options) : parts_(std::make_unique<Parts>()) {
  if (!options.means.defined() || options.means.dim() != 2 || options.means.numel() == 0)
    throw ConfigError("means", "must be a list of points, shape [K, d], got " +
                                   (options.means.defined() ? shape_text(options.means.sizes()) : "nothing"));
  Parts& p = *parts_;
  const auto K = p.K = K_ = options.means.size(0), d = p.d = d_ = options.means.size(1);
  shape_ = {d};
  check("means", options.means, {K, d});
  const auto means = doubles(options.means);
  p.mean = values(means);

  std::vector<double> weight(K, 1);
  if (options.weights.defined()) {
    check("weights", options.weights, {K});
    weight = values(doubles(options.weights));
  }
  double total = 0;
  for (double w : weight) {
    if (!(w > 0)) throw ConfigError("weights", "must be positive, got " + shortest(w));
    total += w;
  }
  for (double& w : weight) {
    if (!std::isnormal(w /= total))
      throw ConfigError("weights",
                        "one is nothing beside the others, less than 1e-307 of all; leave its component out");
    p.log_weight.push_back(std::log(w));
  }

  if (options.stds.defined() == options.covariances.defined())
    throw ConfigError("std",
                      "give either std or covariances" + std::string(options.stds.defined() ? ", not both" : ""));
  if (options.stds.defined()) {
    if (options.stds.numel() == 1)
      check("std", options.stds.reshape({1}), {1});
    else
      check("std", options.stds, {K});
    set_widths(p, doubles(options.stds.reshape({-1})));
  } else {
    check("covariances", options.covariances, {K, d, d});
    set_covariances(p, means, doubles(options.covariances));
  }

  // Covariance of the mixture = sum_k w_k (C_k + (mu_k - mu)(mu_k - mu)^T).
  double trace = 0;
  for (std::int64_t j = 0; j < d; ++j) {
    double mu = 0;
    for (std::int64_t k = 0; k < K; ++k) mu += weight[k] * p.mean[k * d + j];
    for (std::int64_t k = 0; k < K; ++k) trace += weight[k] * (p.variance(k, j) + std::pow(p.mean[k * d + j] - mu, 2));
  }
  data_std_ = std::sqrt(trace / static_cast<double>(d));
}

GaussianMixture::GaussianMixture(GaussianMixture&&) noexcept = default;
GaussianMixture::~GaussianMixture() = default;

at::Tensor GaussianMixture::denoise(const at::Tensor& x, const at::Tensor& sigma) const {
  const auto xd = doubles(x), sd = row_sigmas(x, sigma, d_);
  auto D = at::empty_like(xd);
  const auto kernel = parts_->full ? denoise_full : denoise_isotropic;
  kernel(*parts_, xd.const_data_ptr<double>(), sd.const_data_ptr<double>(), xd.size(0), D.mutable_data_ptr<double>());
  return D;
}

const std::vector<double>& GaussianMixture::means() const { return parts_->mean; }

double GaussianMixture::variance_min() const { return parts_->variance_min; }

std::vector<double> GaussianMixture::weights() const {
  std::vector<double> w;
  for (const double log_w : parts_->log_weight) w.push_back(std::exp(log_w));
  return w;
}

std::vector<double> GaussianMixture::variances() const {
  std::vector<double> all;
  for (std::int64_t k = 0; k < K_; ++k)
    for (std::int64_t j = 0; j < d_; ++j) all.push_back(parts_->variance(k, j));
  return all;
}

std::string GaussianMixture::describe() const {
  return "gaussian_mixture: " + std::to_string(K_) + (parts_->full ? " anisotropic" : " isotropic") + " component" +
         (K_ == 1 ? "" : "s") + " in " + std::to_string(d_) + " dimension" + (d_ == 1 ? "" : "s");
}

at::Tensor row_sigmas(const at::Tensor& x, const at::Tensor& sigma, std::int64_t d) {
  return exact_rows("gaussian_mixture", x, sigma, {d}).sigma;
}

void GaussianMixture::Parts::residual(std::int64_t k, const double* x, double* y) const {
  const double* mu = &mean[k * d];
  if (!full) {
    for (std::int64_t j = 0; j < d; ++j) y[j] = x[j] - mu[j];
    return;
  }
  const double* U = &rotation[k * d * d];
  std::fill(y, y + d, 0);
  for (std::int64_t i = 0; i < d; ++i)
    for (std::int64_t j = 0; j < d; ++j) y[j] += (x[i] - mu[i]) * U[i * d + j];
}

double log_determinant(const double* e, std::int64_t d, double sigma2) {
  double sum = 0, product = 1;
  for (std::int64_t j = 0; j < d; ++j) {
    product *= e[j] + sigma2;
    if (product < 1e-200 || product > 1e200) sum += std::log(product), product = 1;
  }
  return sum + std::log(product);
}

}  // namespace shockstep
