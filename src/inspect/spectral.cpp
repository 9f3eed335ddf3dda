#include "inspect/spectral.hpp"

#include "inspect/quantiles.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr std::int64_t most_lines = 8;
constexpr std::int64_t most_rows = 4096;  // where there are more coordinates than rows

struct Principal {
  at::Tensor values, vectors;  // ascending; in columns
};

Principal principal(const at::Tensor& centred) {
  const std::int64_t n = centred.size(0), d = centred.size(1);
  const double rows = static_cast<double>(std::max<std::int64_t>(1, n - 1));
  if (d <= n) {
    const auto [values, vectors] = at::linalg_eigh(at::matmul(centred.t(), centred) / rows);
    return {values, vectors};
  }
  // C = X^T X/n has the eigenvalues of X X^T/n, and X^T u for its eigenvectors.
  const auto [values, vectors] = at::linalg_eigh(at::matmul(centred, centred.t()) / rows);
  const at::Tensor lifted = at::matmul(centred.t(), vectors);
  return {values, lifted / lifted.norm(2, {0}, true).clamp_min(1e-300)};
}

}  // namespace

SpectralSection spectral_prediction(const at::Tensor& all, const char* source,
                                    const std::vector<TrajectoryReport>& reports) {
  const at::Tensor rows = all.size(1) > all.size(0) ? all.narrow(0, 0, std::min(all.size(0), most_rows)) : all;
  const at::Tensor centred = rows - rows.mean(0);
  const auto [values, vectors] = principal(centred);
  SpectralSection out{.source = source, .rows = rows.size(0), .total = values.clamp_min(0).sum().item<double>()};
  const std::int64_t m = values.size(0), lines = std::min({m, most_lines, all.size(1)});
  std::vector<std::vector<double>> sigmas(static_cast<std::size_t>(lines)), shares(sigmas.size());
  const at::Tensor leading = vectors.narrow(1, m - lines, lines);  // ascending
  for (const auto& report : reports)
    for (const Event& event : report.events) {
      if (event.kind != EventKind::speciation || std::ssize(event.direction) != all.size(1)) continue;
      // from_blob takes no const pointer; the tensor is only read.
      const at::Tensor n = at::from_blob(const_cast<double*>(event.direction.data()), {all.size(1)}, at::kDouble);
      const at::Tensor cosine2 = at::matmul(n, leading).pow(2).contiguous();
      const double* c = cosine2.const_data_ptr<double>();
      const auto at = std::max_element(c, c + lines) - c;
      sigmas[static_cast<std::size_t>(lines - 1 - at)].push_back(event.sigma);
      shares[static_cast<std::size_t>(lines - 1 - at)].push_back(c[at]);
    }
  for (std::int64_t k = 0; k < lines; ++k) {
    const double Lambda = std::max(0., values[m - 1 - k].item<double>());
    const bool unit = Lambda >= 1;
    const auto i = static_cast<std::size_t>(k);
    out.lines.push_back({.eigenvalue = Lambda,
                         .sigma = std::sqrt(Lambda),
                         .vp_time = unit ? std::log(Lambda) / 2 : std::nan(""),
                         .vp_sigma = unit ? std::sqrt(Lambda - 1) : std::nan(""),
                         .measured = quantiles_of(sigmas[i]),
                         .along = shares[i].empty() ? std::nan("") : mean(shares[i])});
  }
  return out;
}

}  // namespace shockstep
