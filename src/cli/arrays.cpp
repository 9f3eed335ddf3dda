#include "cli/arrays.hpp"
#include "core/row_shape.hpp"

#include <shockstep/error.hpp>

#include "core/shape_text.hpp"
#include "core/text.hpp"
#include "model/npy_tensor.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep::cli {
namespace {

void check_finite(const NpyArray& file, const std::string& path) {
  const auto bad = std::find_if_not(file.values.begin(), file.values.end(), [](double v) { return std::isfinite(v); });
  if (bad == file.values.end()) return;
  const auto row = (bad - file.values.begin()) / (static_cast<std::ptrdiff_t>(file.values.size()) / file.shape[0]);
  throw FileError(printable(path, 1000), "must be finite, holds " + shortest(*bad) + " in row " + std::to_string(row));
}

}  // namespace

at::Tensor read_rows(const std::string& path, const std::vector<std::int64_t>& shape,
                     std::optional<std::int64_t> count) {
  const auto file = read_npy(path, [&](const auto& has) {
    const bool rows = !has.empty() && has[0] > 0;
    const auto wanted = row_shape(count.value_or(rows ? has[0] : 1), shape);
    if (has != wanted)
      throw FileError(printable(path, 1000), "must have the shape [" + std::string(count ? "count" : "n") +
                                                 ", *shape] = " + shape_text(wanted) + ", has " + shape_text(has));
  });
  check_finite(file, path);
  return npy_tensor(file);
}

at::Tensor read_rows_or_one(const std::string& path, const std::vector<std::int64_t>& shape, std::int64_t count) {
  const auto file = read_npy(path, [&](const auto& has) {
    const auto all = row_shape(count, shape), one = row_shape(1, shape);
    if (has != all && has != one)
      throw FileError(printable(path, 1000), "must have the shape [count, *shape] = " + shape_text(all) + " or " +
                                                 shape_text(one) + ", has " + shape_text(has));
  });
  check_finite(file, path);
  return npy_tensor(file);
}

at::Tensor read_mask(const std::string& path, const std::vector<std::int64_t>& shape) {
  const auto file = read_npy(path, [&](const auto& has) {
    if (has != shape)
      throw FileError(printable(path, 1000),
                      "must have the shape of one sample, " + shape_text(shape) + ", has " + shape_text(has));
  });
  const auto bad = std::ranges::find_if(file.values, [](double v) { return v != 0 && v != 1; });
  if (bad != file.values.end())
    throw FileError(printable(path, 1000),
                    "must be 1 where --init is known and 0 where it is to be made, holds " + shortest(*bad));
  return npy_tensor(file);
}

at::Tensor read_tensor(const std::string& path, const ShapeCheck& check) { return npy_tensor(read_npy(path, check)); }

}  // namespace shockstep::cli
