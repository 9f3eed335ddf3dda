/// Arrays from files.
#pragma once

#include "core/npy.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shockstep::cli {

/// [n, *shape] float64, n = `count` or any number from 1. Throws FileError if the file holds something else, or a number
/// that is not finite.
at::Tensor read_rows(const std::string& path, const std::vector<std::int64_t>& shape,
                     std::optional<std::int64_t> count = {});

/// The same with `count` rows, or one that stands for all.
at::Tensor read_rows_or_one(const std::string& path, const std::vector<std::int64_t>& shape, std::int64_t count);

/// [*shape] float64 of 0 and 1. Throws FileError.
at::Tensor read_mask(const std::string& path, const std::vector<std::int64_t>& shape);

/// Whatever a .npy file holds, as float64, if its shape passes the check. Throws FileError, and what the check throws.
at::Tensor read_tensor(const std::string& path, const ShapeCheck& check = {});

}  // namespace shockstep::cli
