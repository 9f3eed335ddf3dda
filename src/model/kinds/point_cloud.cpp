#include <shockstep/models/point_cloud.hpp>
#include <shockstep/registry.hpp>
#include <shockstep/tensor_values.hpp>
#include <shockstep/torch_threads.hpp>

#include "core/clones.hpp"
#include "core/fast_math.hpp"
#include "core/magnitude.hpp"
#include "core/ordered_sum.hpp"
#include "core/placed.hpp"
#include "core/row_shape.hpp"
#include "core/shape_text.hpp"
#include "core/text.hpp"
#include "model/exact_draw.hpp"
#include "model/exact_rows.hpp"
#include "model/line_flow.hpp"
#include "model/section_tensor.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

namespace shockstep {
namespace {

// Always the same number of rows and points in a product of a model, whose bits depend on its size: fewer where rows are so long that
// those that are filled up with nothing would cost memory and time, down to one.
constexpr std::int64_t most_rows = 64, most_values = 1 << 20, point_block = 1024;
std::int64_t rows_of_a_product(std::int64_t d) { return std::clamp<std::int64_t>(most_values / d, 1, most_rows); }

constexpr double eps = std::numeric_limits<double>::epsilon(), infinity = std::numeric_limits<double>::infinity();

// A row's softmax over the blocks of points seen so far, relative to the nearest point of them.
struct Running {
  double x2;                  // |x - c|^2
  double v;                   // std^2 + sigma^2
  double keep, pull;          // std^2/v, sigma^2/v
  double nearest = infinity;  // least squared distance
  double sum = 0;             // sum_k exp(-(q_k - nearest)/(2 v))

  Running(const double* x, std::int64_t d, double width2, double sigma) : x2(norm2(x, d)) {
    const double noise2 = std::max(sigma * sigma, std::numeric_limits<double>::min());
    v = width2 + noise2, keep = width2 / v, pull = noise2 / v;
  }
};

// Products x.p_k to squared distances q_k; returns the least.
SHOCKSTEP_CLONES
double distances_of_products(double* q, const double* p2, std::int64_t n, double x2) {
  double least = infinity;
#pragma omp simd reduction(min : least)
  for (std::int64_t k = 0; k < n; ++k) {
    q[k] = x2 - 2 * q[k] + p2[k];
    least = q[k] < least ? q[k] : least;
  }
  return least;
}

// Distances to weights relative to the nearest point; returns their sum.
SHOCKSTEP_CLONES
double weights_of_distances(double* q, std::int64_t n, double nearest, double half_precision) {
#pragma omp simd
  for (std::int64_t k = 0; k < n; ++k) q[k] = fast_exp((nearest - q[k]) * half_precision);
  return sum_of(n, [=](auto k) { return q[k]; });
}

// Distances from products are off by about (|x|^2 + |p|^2) eps. Where that matters in a weight's exponent q/(2 v), and is
// more than the q eps that a distance has in any case, points of a weight above e^-60 are done again from x - p itself.
void mend(double* q, const double* points, std::int64_t n, std::int64_t d, const double* x, double spread2,
          double nearest, double v, double* residual) {
  if (!(spread2 * eps > 1e-13 * v && spread2 > 8 * nearest)) return;
  const double reach = nearest + 120 * v + 8 * spread2 * eps;
  for (std::int64_t k = 0; k < n; ++k) {
    if (!(q[k] <= reach)) continue;
    for (std::int64_t j = 0; j < d; ++j) residual[j] = x[j] - points[k * d + j];
    q[k] = norm2(residual, d);
  }
}

}  // namespace

PointCloud::PointCloud(const PointCloudOptions& options) : width2_(options.std * options.std) {
  if (!options.points.defined() || options.points.dim() == 0 || options.points.numel() == 0)
    throw ConfigError("points", "must be a list of points, shape [n, *shape], got " +
                                    (options.points.defined() ? shape_text(options.points.sizes()) : "nothing"));
  check_width("std", options.std);
  const auto points = options.points.detach().to(at::kCPU, at::kDouble);
  const auto n = points.size(0), d = points.numel() / n;
  shape_ = points.sizes().slice(1).vec();
  if (shape_.empty()) shape_ = {1};
  const auto rows = points.reshape({n, d}).contiguous();
  for (const double value : std::span(rows.const_data_ptr<double>(), static_cast<std::size_t>(n * d)))
    check_magnitude("points", value);
  centre_ = rows.mean(0);
  centred_ = rows.sub(centre_).contiguous();
  norm2_ = at::empty({n}, at::kDouble);
  double total = 0;
  for (std::int64_t k = 0; k < n; ++k) {
    const double p2 = norm2(centred_.const_data_ptr<double>() + k * d, d);
    norm2_.mutable_data_ptr<double>()[k] = p2;
    norm2_max_ = std::max(norm2_max_, p2);
    total += p2;
  }
  data_std_ = std::sqrt(width2_ + total / static_cast<double>(n * d));
}

// D = sum_k r_k (p_k + (std^2/v)(x - p_k)) = (std^2/v) x + (sigma^2/v) sum_k r_k p_k, about the centre; r_k is the softmax of
// -|x - p_k|^2/(2 v), in one pass over the points (Milakov & Gimelshein 2018).
at::Tensor PointCloud::denoise(const at::Tensor& x, const at::Tensor& sigma) const {
  return each_block(x, sigma, false).view(x.sizes());
}

at::Tensor PointCloud::each_block(const at::Tensor& x, const at::Tensor& sigma, bool density) const {
  const auto rows = exact_rows("point_cloud", x, sigma, shape_);
  const TorchThreads alone(1);  // on some processors the bits of a product depend on the number of threads
  const auto d = dimension(), row_block = rows_of_a_product(d);
  auto D = at::empty_like(rows.x), ln = at::empty_like(rows.sigma);
  for (std::int64_t first = 0; first < rows.x.size(0); first += row_block) {
    const auto used = std::min(row_block, rows.x.size(0) - first);
    block(rows.x.const_data_ptr<double>() + first * d, rows.sigma.const_data_ptr<double>() + first, used,
          D.mutable_data_ptr<double>() + first * d, ln.mutable_data_ptr<double>() + first);
  }
  return density ? ln : D;
}

void PointCloud::block(const double* x, const double* sigma, std::int64_t rows, double* D, double* ln) const {
  const auto n = points(), d = centred_.size(1), row_block = rows_of_a_product(d);
  const double *c = centre_.const_data_ptr<double>(), *p2 = norm2_.const_data_ptr<double>();
  auto offset = at::empty({row_block, d}, at::kDouble), sum = at::empty({row_block, d}, at::kDouble),
       weights = at::empty({row_block * std::min(n, point_block)}, at::kDouble);
  double *X = offset.mutable_data_ptr<double>(), *S = sum.mutable_data_ptr<double>();
  std::vector<double> residual(d);
  std::vector<Running> running;
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < d; ++j) X[i * d + j] = x[i * d + j] - c[j];
    running.emplace_back(X + i * d, d, width2_, sigma[i]);
  }
  std::fill(X + rows * d, X + row_block * d, 0);
  for (std::int64_t k = 0; k < n; k += point_block) {
    const auto m = std::min(point_block, n - k);
    const auto block = centred_.narrow(0, k, m);
    auto r = weights.narrow(0, 0, row_block * m).view({row_block, m});
    double* w = r.mutable_data_ptr<double>();
    at::mm_out(r, offset, block.t());
    for (std::int64_t i = 0; i < rows; ++i) {
      Running& row = running[i];
      double* q = w + i * m;
      const double found = std::min(row.nearest, distances_of_products(q, p2 + k, m, row.x2));
      mend(q, block.const_data_ptr<double>(), m, d, X + i * d, row.x2 + norm2_max_, found, row.v, residual.data());
      const double nearest = std::min(row.nearest, *std::min_element(q, q + m));
      const double fade = fast_exp((nearest - row.nearest) * (.5 / row.v));
      if (k > 0)
        for (std::int64_t j = 0; j < d; ++j) S[i * d + j] *= fade;
      row.sum = row.sum * fade + weights_of_distances(q, m, nearest, .5 / row.v);
      row.nearest = nearest;
    }
    std::fill(w + rows * m, w + row_block * m, 0);
    if (k == 0)
      at::mm_out(sum, r, block);
    else
      at::addmm_out(sum, sum, r, block);
  }
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = i * d; j < (i + 1) * d; ++j)
      D[j] = c[j - i * d] + (running[i].keep * X[j] + running[i].pull / running[i].sum * S[j]);
  for (std::int64_t i = 0; i < rows; ++i)
    ln[i] = std::log(running[i].sum / static_cast<double>(n)) - .5 * running[i].nearest / running[i].v -
            .5 * static_cast<double>(d) * std::log(2 * std::numbers::pi * running[i].v);
}

Abilities PointCloud::abilities() const {
  return {.density = this, .draws = this, .flow = dimension() == 1 ? this : nullptr};
}

// ln 1/n sum_k N(x; p_k, v I).
at::Tensor PointCloud::log_density(const at::Tensor& x, const at::Tensor& sigma) const {
  return each_block(x, sigma, true);
}

// A point, all alike, and normal noise about it.
at::Tensor PointCloud::draw(std::int64_t count, double sigma, std::uint64_t seed) const {
  const auto n = points(), d = dimension();
  auto out = at::empty(row_shape(count, shape_), at::kDouble);
  const double width = std::sqrt(width2_ + sigma * sigma);
  std::vector<double> z(d);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto k = std::min(n - 1, static_cast<std::int64_t>(draw_uniform(seed, i, 1) * static_cast<double>(n)));
    draw_normal(z, seed, i);
    for (std::int64_t j = 0; j < d; ++j)
      out.mutable_data_ptr<double>()[i * d + j] =
          centre_.const_data_ptr<double>()[j] + centred_.const_data_ptr<double>()[k * d + j] + width * z[j];
  }
  return out;
}

at::Tensor PointCloud::flow(const at::Tensor& x, double from, double to) const {
  if (dimension() != 1)
    throw ModelError("point_cloud: the flow is known in one dimension, not in " + std::to_string(dimension()));
  const auto n = static_cast<std::size_t>(points());
  return line_flow(
      {std::vector<double>(n, 1 / static_cast<double>(n)), values(centred_ + centre_), std::vector<double>(n, width2_)},
      x, from, to);
}

std::string PointCloud::describe() const {
  return "point_cloud: " + std::to_string(points()) + " point" + (points() == 1 ? "" : "s") + " of shape " +
         shape_text(shape_) + ", std " + shortest(std::sqrt(width2_));
}

namespace models {
namespace {

ModelPtr point_cloud_from(Section& section, const ModelContext&) {
  PointCloudOptions options{.points = section_tensor(section, "points"), .std = section.number("std", 0)};
  return placed(section, [&] { return std::make_shared<PointCloud>(options); });
}

}  // namespace

extern const ModelKind point_cloud{"point_cloud", "exact score of a finite data set, smoothed or not",
                                   "{kind: point_cloud, points: [[-1, 0], [1, 0], [0, 2]], std: 0.1}",
                                   point_cloud_from};
}  // namespace models

}  // namespace shockstep
