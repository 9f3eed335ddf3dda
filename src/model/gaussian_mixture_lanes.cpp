// Small isotropic mixtures: eight rows abreast, one per lane, so that each row sees the same operations in the same order
// wherever it stands in a batch.
#include "core/clones.hpp"
#include "core/fast_exp.hpp"
#include "model/gaussian_mixture_parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

constexpr int width = 8;
struct alignas(64) Lanes {
  double v[width];
};

}  // namespace

#define EACH_LANE _Pragma("omp simd") for (int l = 0; l < width; ++l)

// logit_k = ln w_k - (d/2) ln v_k - |x - mu_k|^2 / (2 v_k),  v_k = s_k^2 + sigma^2,  r = softmax(logit),
// D = sum_k r_k (mu_k + (s_k^2/v_k) (x - mu_k)) = (sum_k r_k s_k^2/v_k) x + sum_k (r_k sigma^2/v_k) mu_k:
// all coefficients positive, nothing cancels but what cancels in D itself.
SHOCKSTEP_CLONES
void denoise_lanes(const GaussianMixture::Parts& parts, const double* x, const double* sigma, std::int64_t rows,
                   double* D) {
  const auto K = parts.K, d = parts.d, W = static_cast<std::int64_t>(parts.width2.size());
  thread_local std::vector<Lanes> scratch;
  if (static_cast<std::int64_t>(scratch.size()) < d + K + 2 * W) scratch.resize(d + K + 2 * W);
  Lanes *xs = scratch.data(), *r = xs + d, *precision = r + K, *log_norm = precision + W;

  for (std::int64_t first = 0; first < rows; first += width) {
    const int used = static_cast<int>(std::min<std::int64_t>(width, rows - first));
    Lanes sigma2, top, sum{}, keep{};
    for (int l = 0; l < width; ++l) {
      const auto row = first + std::min(l, used - 1);  // idle lanes repeat the last row
      sigma2.v[l] = sigma[row] * sigma[row];
      top.v[l] = -std::numeric_limits<double>::infinity();
      for (std::int64_t j = 0; j < d; ++j) xs[j].v[l] = x[row * d + j];
    }
    for (std::int64_t w = 0; w < W; ++w) {
      EACH_LANE precision[w].v[l] = 1 / (parts.width2[w] + sigma2.v[l]);
      for (int l = 0; l < width; ++l)
        log_norm[w].v[l] = W > 1 ? .5 * static_cast<double>(d) * std::log(precision[w].v[l]) : 0;
    }
    for (std::int64_t k = 0; k < K; ++k) {
      const double *mu = &parts.mean[k * d], log_w = parts.log_weight[k];
      const Lanes &p = precision[parts.width_of[k]], &c = log_norm[parts.width_of[k]];
      Lanes q{};
      for (std::int64_t j = 0; j < d; ++j) {
        EACH_LANE {
          const double y = xs[j].v[l] - mu[j];
          q.v[l] += y * y;
        }
      }
      EACH_LANE {
        const double logit = log_w + c.v[l] - .5 * q.v[l] * p.v[l];
        r[k].v[l] = logit;
        top.v[l] = top.v[l] < logit ? logit : top.v[l];
      }
    }
    for (std::int64_t k = 0; k < K; ++k) {
      const double s2 = parts.width2[parts.width_of[k]];
      const Lanes& p = precision[parts.width_of[k]];
      EACH_LANE {
        const double e = fast_exp(r[k].v[l] - top.v[l]);
        sum.v[l] += e;
        keep.v[l] += e * s2 * p.v[l];
        r[k].v[l] = e * sigma2.v[l] * p.v[l];
      }
    }
    EACH_LANE sum.v[l] = 1 / sum.v[l];
    for (std::int64_t j = 0; j < d; ++j) {
      Lanes pull{};
      for (std::int64_t k = 0; k < K; ++k) {
        const double mu = parts.mean[k * d + j];
        EACH_LANE pull.v[l] += r[k].v[l] * mu;
      }
      EACH_LANE pull.v[l] = (keep.v[l] * xs[j].v[l] + pull.v[l]) * sum.v[l];
      for (int l = 0; l < used; ++l) D[(first + l) * d + j] = pull.v[l];
    }
  }
}

}  // namespace shockstep
