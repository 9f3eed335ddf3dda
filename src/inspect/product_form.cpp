#include "inspect/product_form.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>

#include <algorithm>

namespace shockstep {

ProductSection product_form(Evaluator& model, const std::vector<States>& levels) {
  ProductSection out;
  for (const States& level : levels) out.sigmas.push_back(level.sigma);
  double sum = 0;
  out.smallest = 1;
  for (const States& points : levels) {
    std::vector<at::Tensor> rows;
    for (const double sigma : out.sigmas) {
      const at::Tensor e = (model.denoise({points.x, points.trajectory, sigma}) - points.x).flatten();
      rows.push_back(e / e.norm().clamp_min(1e-300));
    }
    const at::Tensor S = at::stack(rows);
    // G u = lambda u for G = S S^T: row k explains lambda u_k^2.
    const auto [values, vectors] = at::linalg_eigh(at::matmul(S, S.t()));
    const at::Tensor shares = (values[-1] * vectors.select(1, -1).pow(2)).contiguous();
    const double* share = shares.const_data_ptr<double>();
    out.explained.emplace_back(share, share + shares.numel());
    for (const double value : out.explained.back()) sum += value, out.smallest = std::min(out.smallest, value);
  }
  out.mean = sum / static_cast<double>(levels.size() * levels.size());
  out.evaluations = model.take();
  return out;
}

}  // namespace shockstep
