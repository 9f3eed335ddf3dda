// Pictures, decoded again by libpng.
#include "output/grid.hpp"
#include "output/picture.hpp"
#include "output/png.hpp"
#include "output/scatter.hpp"
#include "support/test.hpp"

#include <png.h>

#include <cmath>
#include <filesystem>

using namespace shockstep;

namespace {

Image decode(const std::string& bytes) {
  png_image head{};
  head.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&head, bytes.data(), bytes.size()));
  const bool colour = head.format & PNG_FORMAT_FLAG_COLOR;
  head.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Image image(static_cast<int>(head.width), static_cast<int>(head.height), colour ? 3 : 1, 0);
  REQUIRE(png_image_finish_read(&head, nullptr, image.pixels.data(), 0, nullptr));
  return image;
}

}  // namespace

TEST_CASE("what is encoded is decoded") {
  for (const int channels : {1, 3}) {
    Image image(7, 5, channels, 0);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(37 * i);
    const std::string bytes = encode_png(image);
    CHECK(bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n");
    const Image back = decode(bytes);
    CHECK(back.width == 7);
    CHECK(back.height == 5);
    CHECK(back.channels == channels);
    CHECK((back.pixels == image.pixels));
  }
}

TEST_CASE("which shapes are pictures") {
  using Shape = std::vector<std::int64_t>;
  CHECK(as_picture(Shape{8, 8})->channels == 1);
  CHECK(as_picture(Shape{1, 8, 9})->width == 9);
  CHECK(as_picture(Shape{3, 28, 28})->channels == 3);
  CHECK_FALSE(as_picture(Shape{2, 8, 8}));
  CHECK_FALSE(as_picture(Shape{64}));
  CHECK_FALSE(as_picture(Shape{3, 2}));
  CHECK_FALSE(as_picture(Shape{1, 1, 8, 8}));
}

TEST_CASE("the range of values") {
  const auto range = [](std::vector<float> v) { return value_range(v); };
  CHECK(range({-1, 0, 1}).low == -1);
  CHECK(range({-1, 0, 1}).high == 1);
  CHECK(range({0, .5f, 1, NAN}).low == 0);
  CHECK(range({-5, 0, 9}).low == Approx(-5));
  CHECK(range({3, 3}).high > range({3, 3}).low);
  CHECK(range({}).high > range({}).low);
}

TEST_CASE("a grid of small images") {
  std::vector<float> values(5 * 64, -1);
  std::fill_n(values.begin() + 64, 64, 1.f);             // the second is white
  std::fill_n(values.begin() + 128, 64, std::nanf(""));  // the third is missing
  const Image image = grid({1, 8, 8}, values, 3);
  CHECK(image.width == 3 * (64 + 2) + 2);
  CHECK(image.height == 2 * (64 + 2) + 2);
  Image copy = image;
  CHECK(*copy.at(2, 2) == 0);
  CHECK(*copy.at(2 + 66 + 63, 2 + 63) == 255);
  CHECK(*copy.at(2 + 132, 2) == *copy.at(0, 0));
  CHECK(*copy.at(2 + 132, 2 + 66) == *copy.at(0, 0));  // no sixth image
  CHECK((decode(encode_png(image)).pixels == image.pixels));
}

TEST_CASE("points have the colour of their exponent and up is up") {
  const std::vector<float> x{0, 1, -1, NAN}, y{1, -1, -1, 0}, none{0, 0, 0, 0}, some{5, 0, 0, 0};
  const Image blue = scatter(x, y, none), warm = scatter(x, y, some);
  REQUIRE(blue.width == 900);
  REQUIRE(blue.height == 900);
  int top = 0, bottom = 0;
  for (int row = 60; row < 840; ++row)
    for (int column = 60; column < 840; ++column) {
      Image& image = const_cast<Image&>(blue);
      if (image.at(column, row)[2] > image.at(column, row)[0] + 60) (row < 450 ? top : bottom)++;
    }
  CHECK(top > 10);
  CHECK(bottom > 1.5 * top);
  CHECK((blue.pixels != warm.pixels));
  CHECK_NOTHROW(scatter({}, {}, {}));
  CHECK_NOTHROW(histogram({}, {}));
  const std::vector<float> same(10, 3.f), zero(10, 0.f);
  CHECK_NOTHROW(scatter(same, same, zero));
  CHECK_NOTHROW(histogram(same, zero));
}

TEST_CASE("the picture of a run does not depend on the order of completion") {
  const std::vector<std::int64_t> shape{2};
  SamplePicture a({}, shape, 3), b({}, shape, 3);
  const std::vector<std::vector<double>> samples{{0, 1}, {1, 0}, {-1, .5}};
  for (const int i : {0, 1, 2}) a.add(i, samples[static_cast<std::size_t>(i)], i);
  for (const int i : {2, 0, 1}) b.add(i, samples[static_cast<std::size_t>(i)], i);
  const auto folder = std::filesystem::temp_directory_path();
  const std::string first = (folder / "shockstep a.png").string(), second = (folder / "shockstep b.png").string();
  a.write(first);
  b.write(second);
  CHECK(std::filesystem::file_size(first) == std::filesystem::file_size(second));
  CHECK_FALSE(SamplePicture({}, std::vector<std::int64_t>{64}, 3).possible());
  OutputSettings off;
  off.grid = Switch::off;
  CHECK_FALSE(SamplePicture(off, shape, 3).possible());
}
