#include "inspect/commitment.hpp"

#include "inspect/clusters.hpp"
#include "inspect/quantiles.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cdist.h>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double committed = .5;
constexpr std::int64_t most_paired = 16;  // clusters: their pairs fill a table

/// What u must stay above: 1/2, a weight of three to one; half of u at the end where the end itself is below that.
double margin(double end) { return end < committed ? end / 2 : committed; }

/// The largest sigma below which u stays above its margin; linear in ln sigma between nodes. NaN: u ends at 0 or below.
double commits(const std::vector<double>& nodes, const std::vector<double>& u) {
  const double least = margin(u.back());
  if (!(u.back() > 0)) return std::nan("");
  std::size_t i = u.size();
  while (i > 0 && u[i - 1] >= least) --i;
  if (i == 0) return nodes[0];
  const double share = (least - u[i - 1]) / (u[i] - u[i - 1]);
  return std::exp(std::lerp(std::log(nodes[i - 1]), std::log(nodes[i]), share));
}

/// Variance of the samples of a and b along the line between their means, about the mean of each.
double variance_along(const ClusterSection& clusters, const at::Tensor& samples, const at::Tensor& means, int a,
                      int b) {
  const at::Tensor line = (means[b] - means[a]) / (means[b] - means[a]).norm();
  double sum = 0, n = 0;
  for (std::size_t i = 0; i < clusters.of_sample.size(); ++i) {
    const int c = clusters.of_sample[i];
    if (c != a && c != b) continue;
    sum += std::pow(((samples[static_cast<std::int64_t>(i)] - means[c]) * line).sum().item<double>(), 2), ++n;
  }
  return n > 0 ? sum / n : 0;
}

}  // namespace

void Commitment::node(const at::Tensor& D) { distances2_.push_back(at::cdist(D, means_, 2., 2).pow(2).contiguous()); }

CommitmentSection Commitment::section(const ClusterSection& clusters, const at::Tensor& samples) const {
  const std::int64_t n = distances2_[0].size(0), K = means_.size(0);
  const at::Tensor apart2 = at::cdist(means_, means_, 2., 2).pow(2).contiguous();
  const double* A = apart2.const_data_ptr<double>();
  CommitmentSection out{.sigmas = nodes_};
  const double* last = distances2_.back().const_data_ptr<double>();
  for (std::int64_t i = 0; i < n; ++i) {
    const double* row = last + i * K;
    out.cluster.push_back(static_cast<int>(std::min_element(row, row + K) - row));
    const int adaptive = clusters.of_sample[static_cast<std::size_t>(i)];
    out.moved += adaptive >= 0 && adaptive != out.cluster.back();
  }

  // u of trajectory i against cluster b, at every node.
  const auto against = [&](std::int64_t i, std::int64_t b) {
    const std::int64_t a = out.cluster[static_cast<std::size_t>(i)];
    std::vector<double> u;
    for (const at::Tensor& node : distances2_) {
      const double* row = node.const_data_ptr<double>() + i * K;
      u.push_back((row[b] - row[a]) / A[a * K + b]);
    }
    return u;
  };
  std::vector<std::vector<double>> sigma_against(static_cast<std::size_t>(n)), end_against(sigma_against);
  for (std::int64_t i = 0; i < n; ++i) {
    double smallest = nodes_[0];
    bool between = false;
    for (std::int64_t b = 0; b < K; ++b) {
      const bool own = b == out.cluster[static_cast<std::size_t>(i)];
      const std::vector<double> u = own ? std::vector{1.} : against(i, b);
      const double sigma = own ? nodes_[0] : commits(nodes_, u);
      sigma_against[static_cast<std::size_t>(i)].push_back(sigma);
      end_against[static_cast<std::size_t>(i)].push_back(u.back());
      between = between || u.back() < committed;
      smallest = std::isnan(smallest) || std::isnan(sigma) ? std::nan("") : std::min(smallest, sigma);
    }
    out.between += between;
    out.sigma.push_back(K > 1 ? smallest : std::nan(""));
  }

  for (int c = 0; c < K; ++c) {
    std::vector<double> of, share;
    for (std::size_t i = 0; i < out.sigma.size(); ++i)
      if (out.cluster[i] == c) of.push_back(out.sigma[i]);
    for (const double node : nodes_) {
      const auto done = std::ranges::count_if(of, [&](double s) { return s >= node; });
      share.push_back(of.empty() ? std::nan("") : static_cast<double>(done) / static_cast<double>(of.size()));
    }
    std::erase(of, nodes_[0]);
    out.of_cluster.push_back(quantiles_of(std::move(of)));
    out.committed.push_back(std::move(share));
  }
  if (K > most_paired) return out;
  for (int a = 0; a < K; ++a)
    for (int b = a + 1; b < K; ++b) {
      const double distance = std::sqrt(A[a * K + b]);
      const double width2 = variance_along(clusters, samples, means_, a, b);
      PairCommitment pair{.a = a, .b = b, .distance = distance};
      pair.opens = std::sqrt(std::max(0., distance * distance / 4 - width2));
      std::vector<double> sigmas;
      for (std::size_t i = 0; i < out.cluster.size(); ++i) {
        if (out.cluster[i] != a && out.cluster[i] != b) continue;
        const auto other = static_cast<std::size_t>(out.cluster[i] == a ? b : a);
        const double sigma = sigma_against[i][other];
        const bool from_start = sigma == nodes_[0];
        if (!from_start) sigmas.push_back(sigma);
        pair.from_start += from_start;
        pair.between += end_against[i][other] < committed;
      }
      pair.sigma = quantiles_of(std::move(sigmas));
      out.pairs.push_back(pair);
    }
  return out;
}

}  // namespace shockstep
