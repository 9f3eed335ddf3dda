#include "engine/sliced_wasserstein.hpp"

#include <shockstep/random.hpp>

#include "core/jackknife.hpp"
#include "core/wasserstein.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace shockstep {
namespace {

constexpr std::int64_t direction_count = 64;
constexpr std::uint64_t direction_key = 1;

/// Uniform on the sphere: normal vectors, made unit.
at::Tensor make_directions(std::int64_t d) {
  if (d == 1) return at::ones({1, 1}, at::kDouble);
  at::Tensor out = at::empty({direction_count, d}, at::kDouble);
  double* all = out.mutable_data_ptr<double>();
  for (std::int64_t l = 0; l < direction_count; ++l) {
    const std::span row(all + l * d, static_cast<std::size_t>(d));
    fill_normal(row, direction_key, Stream::exact, static_cast<std::uint64_t>(l));
    const double length = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.));
    for (double& x : row) x /= length;
  }
  return out.t();
}

std::vector<double> without(const Slice& slice, int block, std::int64_t rows, int blocks) {
  std::vector<double> kept;
  kept.reserve(slice.values.size());
  for (std::size_t i = 0; i < slice.values.size(); ++i)
    if (jackknife_block(slice.rows[i], rows, blocks) != block) kept.push_back(slice.values[i]);
  return kept;
}

}  // namespace

SlicedWasserstein::SlicedWasserstein(const at::Tensor& data)
    : directions_(make_directions(data.size(1))), m_(data.size(0)), data_(slices(data)) {}

std::vector<Slice> SlicedWasserstein::slices(const at::Tensor& rows) const {
  const at::Tensor along = at::mm(rows, directions_).t().contiguous();  // [L, n]
  const std::int64_t n = rows.size(0);
  std::vector<Slice> all;
  for (std::int64_t l = 0; l < along.size(0); ++l) {
    const double* x = along.const_data_ptr<double>() + l * n;
    Slice slice;
    slice.rows.resize(static_cast<std::size_t>(n));
    std::iota(slice.rows.begin(), slice.rows.end(), 0);
    std::ranges::sort(slice.rows, {}, [x](std::int64_t i) { return x[i]; });
    for (const std::int64_t i : slice.rows) slice.values.push_back(x[i]);
    all.push_back(std::move(slice));
  }
  return all;
}

Estimate SlicedWasserstein::distance(const at::Tensor& samples) const {
  const std::int64_t n = samples.size(0);
  const int blocks = jackknife_blocks(std::min(n, m_));
  const auto found = slices(samples);
  double square = 0;
  std::vector<double> reduced(static_cast<std::size_t>(blocks));  // the same without each block
  for (std::size_t l = 0; l < found.size(); ++l) {
    square += wasserstein2_squared(found[l].values, data_[l].values);
    for (int b = 0; b < blocks && blocks > 1; ++b)
      reduced[static_cast<std::size_t>(b)] +=
          wasserstein2_squared(without(found[l], b, n, blocks), without(data_[l], b, m_, blocks));
  }
  const auto root = [&](double sum) { return std::sqrt(sum / static_cast<double>(found.size())); };
  for (double& t : reduced) t = root(t);
  return {root(square), jackknife_error(reduced)};
}

}  // namespace shockstep
