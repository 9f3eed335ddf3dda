// Closed forms of a mixture beyond its denoiser. They are references: each is summed straight from its definition, row by
// row, with nothing that could cancel.
#include "model/gaussian_mixture_parts.hpp"
#include "model/line_flow.hpp"

#include <shockstep/error.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace shockstep {
namespace {

// All components at one row: r_k = softmax_k(logit_k), s_k = grad ln N(x; mu_k, C_k + sigma^2 I) = -U_k (y_k/v_k),
// y_k = U_k^T (x - mu_k), v_kj = e_kj + sigma^2, logit_k = ln w_k - sum_j (y_kj^2/v_kj + ln v_kj)/2.
struct Row {
  std::vector<double> r, s;  // [K], [K, d]
  double log_sum = 0;        // ln sum_k exp(logit_k)

  Row(const GaussianMixture::Parts& p, const double* x, double sigma) : r(p.K), s(p.K * p.d) {
    std::vector<double> y(p.d), e(p.d);
    for (std::int64_t k = 0; k < p.K; ++k) {
      p.residual(k, x, y.data());
      for (std::int64_t j = 0; j < p.d; ++j) e[j] = p.variance(k, j);
      r[k] = p.log_weight[k] - .5 * log_determinant(e.data(), p.d, sigma * sigma);
      for (std::int64_t j = 0; j < p.d; ++j) {
        const double v = e[j] + sigma * sigma;
        r[k] -= .5 * y[j] * y[j] / v;
        y[j] /= -v;
      }
      for (std::int64_t i = 0; i < p.d; ++i) {
        double& out = s[k * p.d + i];
        if (!p.full)
          out = y[i];
        else
          for (std::int64_t j = 0; j < p.d; ++j) out += p.rotation[(k * p.d + i) * p.d + j] * y[j];
      }
    }
    const double top = *std::max_element(r.begin(), r.end());
    double sum = 0;
    for (double logit : r) sum += std::exp(logit - top);
    log_sum = top + std::log(sum);
    for (double& logit : r) logit = std::exp(logit - log_sum);
  }

  std::vector<double> score(std::int64_t d) const {
    std::vector<double> mean(d);
    for (std::size_t k = 0; k < r.size(); ++k)
      for (std::int64_t i = 0; i < d; ++i) mean[i] += r[k] * s[k * d + i];
    return mean;
  }
};

// Calls write(row, i) for each row of x.
template <class Write>
void each_row(const GaussianMixture::Parts& p, const at::Tensor& x, const at::Tensor& sigma, Write write) {
  const auto sigmas = row_sigmas(x, sigma, p.d), xs = x.to(at::kCPU, at::kDouble).contiguous();
  for (std::int64_t i = 0; i < x.size(0); ++i)
    write(Row(p, xs.const_data_ptr<double>() + i * p.d, sigmas.const_data_ptr<double>()[i]), i);
}

}  // namespace

at::Tensor GaussianMixture::score(const at::Tensor& x, const at::Tensor& sigma) const {
  auto out = at::empty({x.size(0), d_}, at::kDouble);
  each_row(*parts_, x, sigma,
           [&](const Row& row, std::int64_t i) { std::ranges::copy(row.score(d_), out.data_ptr<double>() + i * d_); });
  return out;
}

at::Tensor GaussianMixture::log_density(const at::Tensor& x, const at::Tensor& sigma) const {
  auto out = at::empty({x.size(0)}, at::kDouble);
  each_row(*parts_, x, sigma, [&](const Row& row, std::int64_t i) {
    out.data_ptr<double>()[i] = row.log_sum - .5 * static_cast<double>(d_) * std::log(2 * std::numbers::pi);
  });
  return out;
}

at::Tensor GaussianMixture::responsibilities(const at::Tensor& x, const at::Tensor& sigma) const {
  auto out = at::empty({x.size(0), K_}, at::kDouble);
  each_row(*parts_, x, sigma,
           [&](const Row& row, std::int64_t i) { std::ranges::copy(row.r, out.data_ptr<double>() + i * K_); });
  return out;
}

at::Tensor GaussianMixture::flow(const at::Tensor& x, double from, double to) const {
  if (d_ != 1) throw ModelError("gaussian_mixture: the flow is known in one dimension, not in " + std::to_string(d_));
  return line_flow({weights(), means(), variances()}, x, from, to);
}

Abilities GaussianMixture::abilities() const {
  return {.density = this, .draws = this, .flow = d_ == 1 ? this : nullptr, .modes = this};
}

// dD/dx = Cov[x0|x]/sigma^2, by the law of total covariance over components: within component k the posterior covariance is
// sigma^2 C_k (C_k + sigma^2 I)^-1, its mean x + sigma^2 s_k, so
// dD/dx = sum_k r_k U_k diag(e_k/(e_k + sigma^2)) U_k^T + sigma^2 sum_k r_k (s_k - s)(s_k - s)^T.
at::Tensor GaussianMixture::jacobian(const at::Tensor& x, const at::Tensor& sigma) const {
  auto out = at::zeros({x.size(0), d_, d_}, at::kDouble);
  const auto sigmas = row_sigmas(x, sigma, d_);
  each_row(*parts_, x, sigma, [&](const Row& row, std::int64_t i) {
    double* J = out.data_ptr<double>() + i * d_ * d_;
    const double sigma2 = std::pow(sigmas.const_data_ptr<double>()[i], 2);
    const auto s = row.score(d_);
    for (std::int64_t k = 0; k < K_; ++k) {
      if (row.r[k] == 0) continue;
      const double *sk = &row.s[k * d_], r = row.r[k];
      for (std::int64_t a = 0; a < d_; ++a) {
        for (std::int64_t b = 0; b < d_; ++b) J[a * d_ + b] += r * sigma2 * ((sk[a] - s[a]) * (sk[b] - s[b]));
        if (!parts_->full) J[a * d_ + a] += r * parts_->variance(k, a) / (parts_->variance(k, a) + sigma2);
      }
      if (!parts_->full) continue;
      const double* U = &parts_->rotation[k * d_ * d_];
      for (std::int64_t j = 0; j < d_; ++j) {
        const double gain = r * parts_->variance(k, j) / (parts_->variance(k, j) + sigma2);
        for (std::int64_t a = 0; a < d_; ++a)
          for (std::int64_t b = 0; b < d_; ++b) J[a * d_ + b] += gain * (U[a * d_ + j] * U[b * d_ + j]);
      }
    }
  });
  return out;
}

at::Tensor GaussianMixture::growth_rate(const at::Tensor& x, const at::Tensor& sigma) const {
  return at::linalg_eigvalsh(jacobian(x, sigma)).select(1, d_ - 1).sub(1);  // eigenvalues ascend
}

}  // namespace shockstep
