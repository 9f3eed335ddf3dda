#include "inspect/differences.hpp"

#include <shockstep/random.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <vector>

namespace shockstep {
namespace {

at::Tensor unit(const at::Tensor& v) { return v / v.norm(2, {-1}, true).clamp_min(1e-300); }

}  // namespace

at::Tensor symmetric_eigenvalues(const at::Tensor& J) {
  return at::flip(at::linalg_eigvalsh((J + J.transpose(-1, -2)) / 2), {-1});
}

at::Tensor normal_rows(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  at::Tensor out = at::empty({rows, columns}, at::kDouble);
  for (std::int64_t i = 0; i < rows; ++i)
    fill_normal({out.mutable_data_ptr<double>() + i * columns, static_cast<std::size_t>(columns)}, seed,
                Stream::inspect, static_cast<std::uint64_t>(i));
  return out;
}

Differences differences(Evaluator& model, const States& states, const at::Tensor& directions, double step,
                        const at::Tensor& D) {
  const std::int64_t n = states.x.size(0), d = states.x.size(1), m = directions.size(-2);
  const double h = step * states.sigma;
  const at::Tensor x = states.x.unsqueeze(1), offset = h * directions;  // [n, 1, d] and [n or 1, m, d]
  const at::Tensor points = at::cat({x + offset, x - offset}, 1);
  const at::Tensor trajectory = states.trajectory.unsqueeze(1).expand({n, 2 * m}).reshape({-1});
  const at::Tensor found = model.denoise({points.reshape({-1, d}), trajectory, states.sigma}).view({n, 2 * m, d});
  const at::Tensor ahead = found.narrow(1, 0, m), behind = found.narrow(1, m, m);
  return {(ahead - behind) / (2 * h), D.defined() ? (ahead + behind - 2 * D.unsqueeze(1)) / (h * h) : at::Tensor()};
}

at::Tensor jacobian_spectrum(Evaluator& model, const States& states, double step, std::int64_t products,
                             std::uint64_t seed) {
  const std::int64_t n = states.x.size(0), d = states.x.size(1);
  if (d <= most_complete) return symmetric_eigenvalues(differences(model, states, at::eye(d, at::kDouble), step).first);
  // Lanczos with full orthogonalisation: T = Q J Q^T on the Krylov space of one random vector.
  std::vector<at::Tensor> basis{unit(normal_rows(n, d, seed))}, images;
  for (std::int64_t k = 0; k < std::min(products, d); ++k) {
    images.push_back(differences(model, states, basis.back().unsqueeze(1), step).first.squeeze(1));
    at::Tensor next = images.back();
    for (int pass = 0; pass < 2; ++pass)
      for (const at::Tensor& q : basis) next = next - (next * q).sum(-1, true) * q;
    basis.push_back(unit(next));
  }
  basis.pop_back();
  const at::Tensor Q = at::stack(basis, 1), W = at::stack(images, 1);
  return symmetric_eigenvalues(at::matmul(Q, W.transpose(1, 2)));
}

}  // namespace shockstep
