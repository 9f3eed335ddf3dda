// Isotropic mixtures: eight rows abreast, one per lane, so that each row sees the same operations in the same order wherever it
// stands in a batch. Distances are those of the differences x - mu_k, not of |x|^2 - 2 x.mu_k + |mu_k|^2, which cancels.
#include "core/clones.hpp"
#include "core/fast_math.hpp"
#include "model/gaussian_mixture_parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

constexpr int lanes = 8;
struct alignas(64) Lanes {
  double v[lanes];
};

#define EACH_LANE _Pragma("omp simd") for (int l = 0; l < lanes; ++l)

// So many sums at once stay in registers and hide the latency of one another.
constexpr int abreast = 4;
// Components whose means stay in the cache while all coordinates are visited.
constexpr std::int64_t cached = 64;

// q_n = |x - mu_n|^2 of N components; x: [d].
template <int N>
[[gnu::always_inline]] inline void distances(const double* mu, std::int64_t d, const Lanes* x, Lanes* q) {
  Lanes sum[N]{};
  for (std::int64_t j = 0; j < d; ++j)
    for (int n = 0; n < N; ++n) EACH_LANE {
        const double y = x[j].v[l] - mu[n * d + j];
        sum[n].v[l] += y * y;
      }
  std::copy_n(sum, N, q);
}

// pull_n += sum_k r_k mu_kn of N coordinates and K components; mu: [K, d] from the first of these coordinates on.
template <int N>
[[gnu::always_inline]] inline void add_means(const double* mu, std::int64_t K, std::int64_t d, const Lanes* r,
                                             Lanes* pull) {
  Lanes sum[N];
  std::copy_n(pull, N, sum);
  for (std::int64_t k = 0; k < K; ++k)
    for (int n = 0; n < N; ++n) EACH_LANE sum[n].v[l] += r[k].v[l] * mu[k * d + n];
  std::copy_n(sum, N, pull);
}

// What depends on sigma alone, per distinct width s: v = s^2 + sigma^2.
struct Width {
  Lanes precision, log_norm, keep, pull;  // 1/v, -(d/2) ln v (0 if there is one width only), s^2/v, sigma^2/v
};

}  // namespace

// logit_k = ln w_k - (d/2) ln v_k - |x - mu_k|^2 / (2 v_k),  v_k = s_k^2 + sigma^2,  r = softmax(logit),
// D = sum_k r_k (mu_k + (s_k^2/v_k) (x - mu_k)) = (sum_k r_k s_k^2/v_k) x + sum_k (r_k sigma^2/v_k) mu_k:
// all coefficients positive, nothing cancels but what cancels in D itself.
SHOCKSTEP_CLONES
void denoise_isotropic(const GaussianMixture::Parts& parts, const double* x, const double* sigma, std::int64_t rows,
                       double* D) {
  const auto K = parts.K, d = parts.d, W = static_cast<std::int64_t>(parts.width2.size());
  thread_local std::vector<Lanes> scratch;
  thread_local std::vector<Width> widths;
  if (static_cast<std::int64_t>(scratch.size()) < 2 * d + K) scratch.resize(2 * d + K);
  if (static_cast<std::int64_t>(widths.size()) < W) widths.resize(W);
  Lanes *xs = scratch.data(), *pull = xs + d, *r = pull + d;
  const double* means = parts.mean.data();

  for (std::int64_t first = 0; first < rows; first += lanes) {
    const int used = static_cast<int>(std::min<std::int64_t>(lanes, rows - first));
    Lanes sigma2, top, sum{}, keep{};
    for (int l = 0; l < lanes; ++l) {
      const auto row = first + std::min(l, used - 1);  // idle lanes repeat the last row
      sigma2.v[l] = sigma[row] * sigma[row];
      top.v[l] = -std::numeric_limits<double>::infinity();
      for (std::int64_t j = 0; j < d; ++j) xs[j].v[l] = x[row * d + j];
    }
    for (std::int64_t w = 0; w < W; ++w) {
      Width& of = widths[w];
      EACH_LANE {
        of.precision.v[l] = 1 / (parts.width2[w] + sigma2.v[l]);
        of.keep.v[l] = parts.width2[w] * of.precision.v[l];
        of.pull.v[l] = sigma2.v[l] * of.precision.v[l];
      }
      for (int l = 0; l < lanes; ++l)
        of.log_norm.v[l] = W > 1 ? .5 * static_cast<double>(d) * std::log(of.precision.v[l]) : 0;
    }
    std::int64_t n = 0;
    for (; n + abreast <= K; n += abreast) distances<abreast>(means + n * d, d, xs, r + n);
    for (; n < K; ++n) distances<1>(means + n * d, d, xs, r + n);
    for (std::int64_t k = 0; k < K; ++k) {
      const double log_w = parts.log_weight[k];
      const Width& of = widths[parts.width_of[k]];
      EACH_LANE {
        const double logit = log_w + of.log_norm.v[l] - .5 * r[k].v[l] * of.precision.v[l];
        r[k].v[l] = logit;
        top.v[l] = top.v[l] < logit ? logit : top.v[l];
      }
    }
    for (std::int64_t k = 0; k < K; ++k) {
      const Width& of = widths[parts.width_of[k]];
      EACH_LANE {
        const double e = fast_exp(r[k].v[l] - top.v[l]);
        sum.v[l] += e;
        keep.v[l] += e * of.keep.v[l];
        r[k].v[l] = e * of.pull.v[l];
      }
    }
    EACH_LANE sum.v[l] = 1 / sum.v[l];
    std::fill_n(pull, d, Lanes{});
    for (std::int64_t k = 0; k < K; k += cached) {
      const auto many = std::min(cached, K - k);
      std::int64_t j = 0;
      for (; j + abreast <= d; j += abreast) add_means<abreast>(means + k * d + j, many, d, r + k, pull + j);
      for (; j < d; ++j) add_means<1>(means + k * d + j, many, d, r + k, pull + j);
    }
    for (std::int64_t j = 0; j < d; ++j) EACH_LANE pull[j].v[l] = (keep.v[l] * xs[j].v[l] + pull[j].v[l]) * sum.v[l];
    for (int l = 0; l < used; ++l)
      for (std::int64_t j = 0; j < d; ++j) D[(first + l) * d + j] = pull[j].v[l];
  }
}

}  // namespace shockstep
