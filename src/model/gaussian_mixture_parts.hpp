/// What a GaussianMixture precomputes, and the kernels that use it.
#pragma once

#include <shockstep/models/gaussian_mixture.hpp>

#include <cstdint>
#include <vector>

namespace shockstep {

/// Component k: weight w_k, mean mu_k, covariance s_k^2 I, or U_k diag(e_k) U_k^T if `full`.
struct GaussianMixture::Parts {
  std::int64_t K = 0, d = 0;
  bool full = false;
  std::vector<double> log_weight;  // ln w_k, [K]
  std::vector<double> mean;        // [K, d]
  double variance_min = 0;         // smallest variance of any component in any direction

  // Isotropic. Few distinct widths are the rule, so logarithms and divisions are done once per width.
  std::vector<double> width2;          // distinct s^2, [W]
  std::vector<std::int64_t> width_of;  // index into width2, [K]

  // Full.
  std::vector<double> eigenvalue;  // e_kj, [K, d]
  std::vector<double> rotation;    // U_k, columns are eigenvectors, [K, d, d]

  // The same for BLAS: everything relative to the mean of the means, which keeps the products small against the distances.
  std::vector<double> centre;           // [d]
  double centred_norm2_max = 0;         // of |mu_k - centre|^2
  at::Tensor centred;                   // mu_k - centre, [K, d]
  at::Tensor stacked;                   // U_1 | ... | U_K, [d, K d]
  std::vector<double> centred_rotated;  // U_k^T (mu_k - centre), [K, d]

  double variance(std::int64_t k, std::int64_t j) const { return full ? eigenvalue[k * d + j] : width2[width_of[k]]; }
  /// y = U_k^T (x - mu_k), straight from the difference: no digits are lost however close x is to mu_k.
  void residual(std::int64_t k, const double* x, double* y) const;
};

/// D of rows of an isotropic mixture, eight at a time.
void denoise_isotropic(const GaussianMixture::Parts& parts, const double* x, const double* sigma, std::int64_t rows,
                       double* D);

/// D of rows of a mixture with covariances, by BLAS in blocks of 64 rows whatever `rows` is: the bits of a product depend on
/// its size.
void denoise_full(const GaussianMixture::Parts& parts, const double* x, const double* sigma, std::int64_t rows,
                  double* D);

/// Sigma of each row, [B] float64; throws ModelError unless x is [B, d] and sigma [B] or one number.
at::Tensor row_sigmas(const at::Tensor& x, const at::Tensor& sigma, std::int64_t d);

/// sum_j ln(e_j + sigma^2) with one logarithm for many factors.
double log_determinant(const double* e, std::int64_t d, double sigma2);

}  // namespace shockstep
