#include "cli/arrays.hpp"

#include <shockstep/error.hpp>

#include "core/npy.hpp"
#include "core/shape_text.hpp"
#include "core/text.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

namespace shockstep::cli {
namespace {

at::Tensor tensor(const NpyArray& file) {
  at::Tensor out = at::empty(file.shape, at::kDouble);
  std::copy(file.values.begin(), file.values.end(), out.mutable_data_ptr<double>());
  return out;
}

}  // namespace

at::Tensor read_rows(const std::string& path, const std::vector<std::int64_t>& shape,
                     std::optional<std::int64_t> count) {
  const auto file = read_npy(path);
  const bool rows = !file.shape.empty() && file.shape[0] > 0;
  std::vector<std::int64_t> wanted{count.value_or(rows ? file.shape[0] : 1)};
  wanted.insert(wanted.end(), shape.begin(), shape.end());
  if (file.shape != wanted)
    throw FileError(printable(path, 1000), "must have the shape [" + std::string(count ? "count" : "n") +
                                               ", *shape] = " + shape_text(wanted) + ", has " + shape_text(file.shape));
  const auto bad = std::find_if_not(file.values.begin(), file.values.end(), [](double v) { return std::isfinite(v); });
  if (bad != file.values.end()) {
    const auto row = (bad - file.values.begin()) / (static_cast<std::ptrdiff_t>(file.values.size()) / wanted[0]);
    throw FileError(printable(path, 1000),
                    "must be finite, holds " + shortest(*bad) + " in row " + std::to_string(row));
  }
  return tensor(file);
}

at::Tensor read_tensor(const std::string& path) { return tensor(read_npy(path)); }

}  // namespace shockstep::cli
