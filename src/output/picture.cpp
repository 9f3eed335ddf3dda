#include "output/picture.hpp"

#include "output/scatter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace shockstep {
namespace {

constexpr std::int64_t dots = 20000, tiles = 64;

}  // namespace

SamplePicture::SamplePicture(const OutputSettings& settings, std::span<const std::int64_t> shape, std::int64_t count)
    : image_(as_picture(shape)) {
  for (const auto n : shape) dimension_ *= static_cast<std::size_t>(n);
  if (settings.grid == Switch::off || (!image_ && dimension_ > 2)) return;
  if (image_) {
    columns_ = settings.grid_columns > 0
                   ? settings.grid_columns
                   : static_cast<int>(std::ceil(std::sqrt(static_cast<double>(std::min(count, tiles)))));
    count_ = static_cast<std::size_t>(
        std::min(count, settings.grid_rows > 0 ? std::int64_t{settings.grid_rows} * settings.grid_columns : tiles));
  } else {
    count_ = static_cast<std::size_t>(std::min(count, dots));
  }
  values_.assign(count_ * dimension_, std::numeric_limits<float>::quiet_NaN());
  exponents_.assign(count_, 0);
}

void SamplePicture::add(std::int64_t index, std::span<const double> sample, double exponent) {
  const auto i = static_cast<std::size_t>(index);
  if (i >= count_) return;
  std::transform(sample.begin(), sample.end(), values_.begin() + static_cast<std::ptrdiff_t>(i * dimension_),
                 [](double v) { return static_cast<float>(v); });
  exponents_[i] = static_cast<float>(exponent);
}

Image SamplePicture::image() const {
  if (image_) return grid(*image_, values_, columns_);
  if (dimension_ == 1) return histogram(values_, exponents_);
  std::vector<float> x(count_), y(count_);
  for (std::size_t i = 0; i < count_; ++i) x[i] = values_[2 * i], y[i] = values_[2 * i + 1];
  return scatter(x, y, exponents_);
}

void SamplePicture::write(const std::string& path) const {
  if (possible()) write_png(path, image());
}

}  // namespace shockstep
