#include "engine/energy_distance.hpp"

#include "core/jackknife.hpp"

#include <ATen/ops/cdist.h>
#include <ATen/ops/pdist.h>

#include <algorithm>
#include <vector>

namespace shockstep {
namespace {

using Blocks = std::vector<at::Tensor>;
using Sums = std::vector<std::vector<double>>;  // of the distances between the rows of two blocks

Blocks cut(const at::Tensor& rows, int blocks) {
  const std::int64_t n = rows.size(0);
  Blocks out;
  for (std::int64_t begin = 0; begin < n;) {
    std::int64_t end = begin + 1;
    while (end < n && jackknife_block(end, n, blocks) == jackknife_block(begin, n, blocks)) ++end;
    out.push_back(rows.narrow(0, begin, end - begin));
    begin = end;
  }
  return out;
}

Sums sums_between(const Blocks& a, const Blocks& b) {
  Sums out;
  for (const at::Tensor& rows : a) {
    out.emplace_back();
    for (const at::Tensor& others : b) out.back().push_back(at::cdist(rows, others, 2.).sum().item<double>());
  }
  return out;
}

/// Each pair counts twice, as it does among all ordered ones; a row and itself make none.
Sums sums_within(const Blocks& a) {
  Sums out(a.size(), std::vector<double>(a.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    out[i][i] = 2 * at::pdist(a[i], 2.).sum().item<double>();
    for (std::size_t j = 0; j < i; ++j) out[i][j] = out[j][i] = at::cdist(a[i], a[j], 2.).sum().item<double>();
  }
  return out;
}

constexpr std::size_t none = static_cast<std::size_t>(-1);

/// Of all blocks but `without`.
double total(const Sums& sums, std::size_t without) {
  double out = 0;
  for (std::size_t i = 0; i < sums.size(); ++i)
    for (std::size_t j = 0; j < sums[i].size(); ++j)
      if (i != without && j != without) out += sums[i][j];
  return out;
}

double rows_of(const Blocks& blocks, std::size_t without) {
  std::int64_t out = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (i != without) out += blocks[i].size(0);
  return static_cast<double>(out);
}

}  // namespace

Estimate energy_distance(const at::Tensor& all_x, const at::Tensor& all_y) {
  const at::Tensor x = all_x.narrow(0, 0, std::min(all_x.size(0), most_energy_rows));
  const at::Tensor y = all_y.narrow(0, 0, std::min(all_y.size(0), most_energy_rows));
  const std::int64_t fewer = std::min(x.size(0), y.size(0));
  if (fewer < 2) return {};
  const Blocks xs = cut(x, jackknife_blocks(fewer)), ys = cut(y, jackknife_blocks(fewer));
  const Sums xy = sums_between(xs, ys), xx = sums_within(xs), yy = sums_within(ys);
  const auto distance = [&](std::size_t without) {
    const double n = rows_of(xs, without), m = rows_of(ys, without);
    return 2 * total(xy, without) / (n * m) - total(xx, without) / (n * (n - 1)) - total(yy, without) / (m * (m - 1));
  };
  std::vector<double> reduced;
  for (std::size_t b = 0; b < xs.size() && xs.size() > 1; ++b) reduced.push_back(distance(b));
  return {distance(none), jackknife_error(reduced)};
}

}  // namespace shockstep
