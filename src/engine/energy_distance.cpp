#include "engine/energy_distance.hpp"

#include "core/jackknife.hpp"

#include <ATen/ops/cdist.h>

#include <algorithm>
#include <vector>

namespace shockstep {
namespace {

using Sums = std::vector<std::vector<double>>;  // of the distances between the rows of two blocks

/// First row of each block, and the end of the last.
std::vector<std::int64_t> edges(std::int64_t rows, int blocks) {
  std::vector<std::int64_t> out{0};
  for (std::int64_t i = 1; i < rows; ++i)
    if (jackknife_block(i, rows, blocks) != jackknife_block(i - 1, rows, blocks)) out.push_back(i);
  out.push_back(rows);
  return out;
}

/// Few large calls rather than one for each pair of blocks.
Sums block_sums(const at::Tensor& a, const at::Tensor& b, int blocks) {
  const auto rows = edges(a.size(0), blocks), columns = edges(b.size(0), blocks);
  Sums out;
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    const at::Tensor sums = at::cdist(a.narrow(0, rows[i], rows[i + 1] - rows[i]), b, 2.).sum(0).contiguous();
    const double* sum = sums.const_data_ptr<double>();
    out.emplace_back();
    for (std::size_t j = 0; j + 1 < columns.size(); ++j) {
      double total = 0;
      for (std::int64_t k = columns[j]; k < columns[j + 1]; ++k) total += sum[k];
      out.back().push_back(total);
    }
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

double rows_of(std::int64_t rows, int blocks, std::size_t without) {
  const auto edge = edges(rows, blocks);
  return static_cast<double>(without == none ? rows : rows - (edge[without + 1] - edge[without]));
}

}  // namespace

Estimate energy_distance(const at::Tensor& all_x, const at::Tensor& all_y) {
  const at::Tensor centre =
      all_y.mean(0);  // distances are made of differences of squares: the smaller, the more digits
  const at::Tensor x = all_x.narrow(0, 0, std::min(all_x.size(0), most_energy_rows)).sub(centre);
  const at::Tensor y = all_y.narrow(0, 0, std::min(all_y.size(0), most_energy_rows)).sub(centre);
  const std::int64_t fewer = std::min(x.size(0), y.size(0));
  if (fewer < 2) return {};
  const int blocks = std::max(1, jackknife_blocks(fewer));
  // A row's distance to itself is 0, but for rounding of 1e-8 of its size, once among all its pairs.
  const Sums xy = block_sums(x, y, blocks), xx = block_sums(x, x, blocks), yy = block_sums(y, y, blocks);
  const auto distance = [&](std::size_t without) {
    const double n = rows_of(x.size(0), blocks, without), m = rows_of(y.size(0), blocks, without);
    return 2 * total(xy, without) / (n * m) - total(xx, without) / (n * (n - 1)) - total(yy, without) / (m * (m - 1));
  };
  std::vector<double> reduced;
  for (std::size_t b = 0; b < static_cast<std::size_t>(blocks) && blocks > 1; ++b) reduced.push_back(distance(b));
  return {distance(none), jackknife_error(reduced)};
}

}  // namespace shockstep
