// Anisotropic mixtures: BLAS on blocks of 64 rows.
#include "core/clones.hpp"
#include "core/fast_math.hpp"
#include "core/ordered_sum.hpp"
#include "model/gaussian_mixture_parts.hpp"

#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

constexpr std::int64_t block = 64;
constexpr double eps = std::numeric_limits<double>::epsilon();

// y.y weighted by 1/(e + sigma^2).
double mahalanobis2(const double* y, const double* e, std::int64_t d, double sigma2) {
  return sum_of(d, [=](auto j) { return y[j] * y[j] / (e[j] + sigma2); });
}

// logit[k] <- exp(logit[k] - max) / sum: the responsibilities.
SHOCKSTEP_CLONES
void softmax(double* logit, std::int64_t K) {
  double top = -std::numeric_limits<double>::infinity();
#pragma omp simd reduction(max : top)
  for (std::int64_t k = 0; k < K; ++k) top = top < logit[k] ? logit[k] : top;
#pragma omp simd
  for (std::int64_t k = 0; k < K; ++k) logit[k] = fast_exp(logit[k] - top);
  const double scale = 1 / sum_of(K, [=](auto k) { return logit[k]; });
  for (std::int64_t k = 0; k < K; ++k) logit[k] *= scale;
}

// Buffers of one thread, kept between calls.
struct Scratch {
  at::Tensor x, r, y, D;         // [64, d], [64, K], [64, K d], [64, d]
  std::vector<double> log_norm;  // [K]
};

double* fit(at::Tensor& t, std::int64_t columns) {
  if (!t.defined() || t.size(1) != columns) t = at::empty({block, columns}, at::kDouble);
  return t.data_ptr<double>();
}

// Finds the components of a row whose distance rounding has spoilt and whose weight matters: they are done again,
// straight
// from x - mu. Squared distances from a product carry an error of about (|x|^2 + |mu|^2) eps / v in the logit.
struct Doubt {
  bool any;
  double least;  // logit from which on it matters: e^-60 = 9e-27 of the largest, and room for the error itself

  Doubt(double spread2, double v, double top, double q_top) {
    const double error = spread2 * eps / v;
    any = error > 1e-13 && error > 8 * eps * q_top;  // the direct way has an error of q eps itself
    least = top - 60 - 4 * error;
  }
};

// y_k = U_k^T (x - mu_k),  q_k = sum_j y_kj^2/(e_kj + sigma^2),  D = sum_k r_k mu_k + sum_k U_k (r_k e_k/(e_k + sigma^2) y_k).
void denoise_block(const GaussianMixture::Parts& p, const double* x, const double* sigma, std::int64_t rows, Scratch& s,
                   double* D) {
  const auto K = p.K, d = p.d;
  const double* X = s.x.data_ptr<double>();
  double *r = fit(s.r, K), *y = fit(s.y, K * d), *sum = fit(s.D, d);
  s.log_norm.resize(K);
  at::mm_out(s.y, s.x, p.stacked);

  for (std::int64_t i = 0; i < rows; ++i) {
    double *logit = r + i * K, *yi = y + i * K * d;
    const double x2 = norm2(X + i * d, d), sigma2 = sigma[i] * sigma[i];
    std::int64_t best = 0;
    for (std::int64_t n = 0; n < K * d; ++n) yi[n] -= p.centred_rotated[n];
    for (std::int64_t k = 0; k < K; ++k) {
      s.log_norm[k] = p.log_weight[k] - .5 * log_determinant(&p.eigenvalue[k * d], d, sigma2);
      logit[k] = s.log_norm[k] - .5 * mahalanobis2(yi + k * d, &p.eigenvalue[k * d], d, sigma2);
      if (logit[k] > logit[best]) best = k;
    }
    const double q_best = 2 * (s.log_norm[best] - logit[best]);
    if (const Doubt doubt(x2 + p.centred_norm2_max, p.variance_min + sigma2, logit[best], q_best); doubt.any) {
      for (std::int64_t k = 0; k < K; ++k) {
        if (logit[k] < doubt.least) continue;
        p.residual(k, x + i * d, yi + k * d);
        logit[k] = s.log_norm[k] - .5 * mahalanobis2(yi + k * d, &p.eigenvalue[k * d], d, sigma2);
      }
    }
    softmax(logit, K);
    for (std::int64_t k = 0; k < K; ++k)
      for (std::int64_t j = 0; j < d; ++j) {
        const double e = p.eigenvalue[k * d + j];
        yi[k * d + j] *= logit[k] * (e / (e + sigma2));
      }
  }
  std::fill(r + rows * K, r + block * K, 0);
  std::fill(y + rows * K * d, y + block * K * d, 0);
  at::mm_out(s.D, s.r, p.centred);
  at::addmm_out(s.D, s.D, s.y, p.stacked.t());
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < d; ++j) D[i * d + j] = p.centre[j] + sum[i * d + j];
}

}  // namespace

void denoise_full(const GaussianMixture::Parts& p, const double* x, const double* sigma, std::int64_t rows, double* D) {
  const c10::InferenceMode guard;  // also: what the scratch holds must not depend on the caller's mode
  thread_local Scratch s;
  const auto d = p.d;
  double* X = fit(s.x, d);
  for (std::int64_t first = 0; first < rows; first += block) {
    const auto n = std::min(block, rows - first);
    const double* xb = x + first * d;
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t j = 0; j < d; ++j) X[i * d + j] = xb[i * d + j] - p.centre[j];
    std::fill(X + n * d, X + block * d, 0);
    denoise_block(p, xb, sigma + first, n, s, D + first * d);
  }
}

}  // namespace shockstep
