/// NumPy's .npy files: arrays in, rows out as they are finished. Format: numpy.lib.format, versions 1.0 to 3.0.
#pragma once

#include "core/part_file.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace shockstep {

struct NpyArray {
  std::vector<std::int64_t> shape;
  std::vector<double> values;  ///< row-major
  char kind = 'f';             ///< of its numbers in the file, as NumPy writes it: f, i, u or b for bool
};

/// Reads what NumPy writes of real numbers: float16, float32, float64, signed and unsigned integers of 8 to 64 bits, bool as 0 and 1,
/// of either byte order, in C or Fortran order. Throws FileError for anything else, and where bytes are missing or left over.
/// `check`: throws if the shape is none that is wanted, before the numbers are read; no number is read of what does not fit into the
/// free memory either.
using ShapeCheck = std::function<void(const std::vector<std::int64_t>& shape)>;
NpyArray read_npy(const std::string& path, const ShapeCheck& check = {});

enum class NpyType { float32, float64 };

/// Writes an array of known shape row by row, in any order; a row is one index of the first dimension. The file is a PartFile:
/// it has its name once it is whole.
class NpyWriter {
 public:
  /// Throws FileError, as do all members.
  NpyWriter(const std::string& path, const std::vector<std::int64_t>& shape, NpyType type);

  /// Row 0 <= i < shape[0]; its length is the product of the other dimensions. Written twice, the later one stands.
  void write_row(std::int64_t i, std::span<const double> row);
  void fill_nan(std::int64_t i);  ///< row i
  /// The array ends after so many rows of the shape[0] that it was to have; before close().
  void cut(std::int64_t rows);
  void close();

 private:
  void flush();
  std::int64_t rows() const { return shape_.empty() ? 1 : shape_[0]; }

  PartFile file_;
  std::vector<std::int64_t> shape_;
  std::int64_t header_ = 0;
  std::size_t row_values_ = 1, row_bytes_ = 0;
  NpyType type_;
  // Rows wait here until they fill a large write: they come nearly in order, from several workers.
  std::vector<char> waiting_, sorted_;
  std::vector<std::int64_t> waiting_row_;
};

}  // namespace shockstep
