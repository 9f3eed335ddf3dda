/// samples.png: the first samples of a run as a picture, if their shape allows one.
#pragma once

#include "config/settings.hpp"
#include "output/grid.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace shockstep {

class SamplePicture {
 public:
  /// A grid for images, a scatter or histogram for one or two coordinates, nothing else.
  SamplePicture(const OutputSettings& settings, std::span<const std::int64_t> shape, std::int64_t count);

  bool possible() const { return count_ > 0; }
  /// Keeps the sample if it is one of the first; which are shown does not depend on the order of completion.
  void add(std::int64_t index, std::span<const double> sample, double exponent);
  /// Throws FileError.
  void write(const std::string& path) const;

  // What is kept.
  bool is_image() const { return image_.has_value(); }
  std::size_t count() const { return count_; }
  std::size_t dimension() const { return dimension_; }             ///< coordinates of a sample
  std::span<const float> values() const { return values_; }        ///< [count, dimension], NaN where none came
  std::span<const float> exponents() const { return exponents_; }  ///< [count]
  Image image() const;

 private:
  std::optional<Picture> image_;
  std::size_t dimension_ = 1, count_ = 0;
  int columns_ = 1;
  std::vector<float> values_, exponents_;
};

}  // namespace shockstep
