#include "inspect/clusters.hpp"

#include <shockstep/random.hpp>
#include <shockstep/tensor_values.hpp>

#include "inspect/differences.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <span>
#include <vector>

namespace shockstep {
namespace {

constexpr std::int64_t most_clusters = 12, most_rows = 1024;  // the silhouette needs all distances
constexpr int starts = 4, most_rounds = 100;

/// Least excess of a silhouette: chance alone moves the best of 11 values of k by about half of this.
double least_gap(std::int64_t rows) { return std::max(.05, 1 / std::sqrt(static_cast<double>(rows))); }

struct KMeans {
  at::Tensor means;  // [k, d]
  at::Tensor of;     // [n] int64
  double loss = std::numeric_limits<double>::infinity();
};

/// The next uniform number in (0, 1).
class Uniform {
 public:
  explicit Uniform(std::uint64_t seed) : seed_(seed) {}
  double operator()() {
    double value = 0;
    fill_uniform({&value, 1}, seed_, Stream::inspect, next_++);
    return std::clamp((value / std::numbers::sqrt3 + 1) / 2, 0., 1.);
  }

 private:
  std::uint64_t seed_, next_ = 1u << 20;  // addresses beyond those of the normal numbers
};

/// [n, K]; by differences rather than by products, which cancel.
at::Tensor distances_to(const at::Tensor& rows, const at::Tensor& means) { return at::cdist(rows, means, 2., 2); }

KMeans k_means_from(const at::Tensor& rows, std::int64_t k, Uniform& uniform) {
  const std::int64_t n = rows.size(0);
  std::vector<at::Tensor> chosen{rows[std::min(n - 1, static_cast<std::int64_t>(uniform() * static_cast<double>(n)))]};
  at::Tensor nearest = distances_to(rows, chosen[0].unsqueeze(0)).squeeze(1).pow(2);
  while (std::ssize(chosen) < k) {
    const double* weight = nearest.const_data_ptr<double>();
    double left = uniform() * nearest.sum().item<double>();
    std::int64_t i = 0;
    while (i + 1 < n && (left -= weight[i]) > 0) ++i;
    chosen.push_back(rows[i]);
    nearest = nearest.minimum(distances_to(rows, chosen.back().unsqueeze(0)).squeeze(1).pow(2)).contiguous();
  }
  KMeans out{at::stack(chosen), {}};
  for (int round = 0; round < most_rounds; ++round) {
    const auto [distance, of] = distances_to(rows, out.means).min(1);
    out.loss = distance.pow(2).sum().item<double>();
    if (out.of.defined() && out.of.equal(of)) break;
    out.of = of;
    const at::Tensor sums = at::zeros({k, rows.size(1)}, at::kDouble).index_add(0, of, rows);
    const at::Tensor sizes = at::bincount(of, {}, k).to(at::kDouble).unsqueeze(1);
    out.means = at::where(sizes > 0, sums / sizes.clamp_min(1), out.means);  // an empty one stays where it is
  }
  return out;
}

KMeans k_means(const at::Tensor& rows, std::int64_t k, std::uint64_t seed) {
  Uniform uniform(seed * 64 + static_cast<std::uint64_t>(k));
  KMeans best;
  for (int start = 0; start < starts; ++start)
    if (KMeans found = k_means_from(rows, k, uniform); found.loss < best.loss) best = std::move(found);
  return best;
}

/// Mean of (b - a)/max(a, b), a the mean distance to the others of the own cluster, b that to the nearest other
/// cluster.
double silhouette(const at::Tensor& distances, const at::Tensor& clusters, std::int64_t k) {
  const auto n = static_cast<std::size_t>(clusters.size(0));
  const std::span of(clusters.const_data_ptr<std::int64_t>(), n);
  const double* D = distances.const_data_ptr<double>();
  std::vector<double> size(static_cast<std::size_t>(k));
  for (const std::int64_t c : of) ++size[static_cast<std::size_t>(c)];
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> to(size.size());
    for (std::size_t j = 0; j < n; ++j) to[static_cast<std::size_t>(of[j])] += D[i * n + j];
    const auto own = static_cast<std::size_t>(of[i]);
    if (size[own] < 2) continue;  // 0 by convention
    double b = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < to.size(); ++c)
      if (c != own && size[c] > 0) b = std::min(b, to[c] / size[c]);
    const double a = to[own] / (size[own] - 1);
    if (std::isfinite(b) && std::max(a, b) > 0) sum += (b - a) / std::max(a, b);
  }
  return sum / static_cast<double>(n);
}

/// As many rows drawn from one Gaussian with the mean and covariance of `rows`.
at::Tensor gaussian_like(const at::Tensor& rows, std::uint64_t seed) {
  const std::int64_t n = rows.size(0), d = rows.size(1);
  const at::Tensor mean = rows.mean(0), centred = rows - mean;
  if (d > n)  // combinations of the rows themselves have their covariance
    return mean + at::matmul(normal_rows(n, n, seed), centred) / std::sqrt(static_cast<double>(n));
  const auto [values, vectors] = at::linalg_eigh(at::matmul(centred.t(), centred) / static_cast<double>(n));
  return mean + at::matmul(normal_rows(n, d, seed) * values.clamp_min(0).sqrt(), vectors.t());
}

at::Tensor finite_rows(const at::Tensor& samples) {
  std::vector<at::Tensor> rows;
  for (std::int64_t i = 0; i < samples.size(0) && std::ssize(rows) < most_rows; ++i)
    if (at::isfinite(samples[i]).all().item<bool>()) rows.push_back(samples[i]);
  return rows.empty() ? samples.narrow(0, 0, 0) : at::stack(rows);
}

}  // namespace

std::vector<int> nearest_mean(const at::Tensor& rows, const at::Tensor& means) {
  const std::int64_t n = rows.size(0), K = means.size(0);
  const at::Tensor distance = distances_to(rows, means).contiguous();
  const double* D = distance.const_data_ptr<double>();
  std::vector<int> out;
  for (std::int64_t i = 0; i < n; ++i) {
    const double* row = D + i * K;
    const auto at = std::min_element(row, row + K);
    out.push_back(std::isfinite(*at) && !std::isnan(row[0]) ? static_cast<int>(at - row) : -1);
  }
  return out;
}

at::Tensor means_of(const ClusterSection& clusters) {
  const std::int64_t K = clusters.count();
  at::Tensor out = at::empty({K, K > 0 ? std::ssize(clusters.means) / K : 0}, at::kDouble);
  std::ranges::copy(clusters.means, out.mutable_data_ptr<double>());
  return out;
}

ClusterSection clusters_at(const at::Tensor& samples, const at::Tensor& means, const char* source) {
  const at::Tensor m = means.contiguous();
  ClusterSection out{.source = source};
  out.means.assign(m.const_data_ptr<double>(), m.const_data_ptr<double>() + m.numel());
  out.sizes.resize(static_cast<std::size_t>(m.size(0)));
  out.of_sample = nearest_mean(samples, m);
  for (const int c : out.of_sample)
    if (c >= 0) ++out.sizes[static_cast<std::size_t>(c)];
  return out;
}

ClusterSection clusters_of(const at::Tensor& samples, std::int64_t k, std::uint64_t seed) {
  const at::Tensor rows = finite_rows(samples);
  const std::int64_t n = rows.size(0);
  const std::int64_t most = std::min(n / 4, most_clusters);
  if (k == 1 || (k == 0 && most < 2)) return clusters_at(samples, rows.mean(0, true), "k-means");
  const at::Tensor null = gaussian_like(rows, seed);
  const at::Tensor distances = distances_to(rows, rows).contiguous(),
                   null_distances = distances_to(null, null).contiguous();
  KMeans best{rows.mean(0, true), {}};
  double best_gap = least_gap(n), best_silhouette = std::nan(""), best_null = std::nan("");
  for (std::int64_t tried = k > 0 ? k : 2; tried <= (k > 0 ? k : most); ++tried) {
    KMeans found = k_means(rows, tried, seed);
    const double is = silhouette(distances, found.of, tried);
    const double expected = silhouette(null_distances, k_means(null, tried, seed).of, tried);
    if (k == 0 && is - expected <= best_gap) continue;
    best = std::move(found), best_gap = is - expected, best_silhouette = is, best_null = expected;
  }
  ClusterSection out = clusters_at(samples, best.means, "k-means");
  out.silhouette = best_silhouette, out.silhouette_null = best_null;
  return out;
}

at::Tensor class_means(const at::Tensor& data, const at::Tensor& labels) {
  const at::Tensor classes = doubles(labels);
  const auto each = values(classes);
  std::vector<at::Tensor> means;
  for (const double one : std::set<double>(each.begin(), each.end()))
    means.push_back(data.index_select(0, at::nonzero(classes == one).squeeze(1)).mean(0));
  return at::stack(means);
}

}  // namespace shockstep
