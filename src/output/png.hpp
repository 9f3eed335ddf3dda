/// Pictures of 8 bits per channel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shockstep {

struct Image {
  int width = 0, height = 0;
  int channels = 3;                  ///< 1: gray, 3: red, green, blue
  std::vector<std::uint8_t> pixels;  ///< row by row from the top, channels together

  Image(int w, int h, int c, std::uint8_t value)
      : width(w),
        height(h),
        channels(c),
        pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * static_cast<std::size_t>(c), value) {}
  std::uint8_t* at(int x, int y) {
    return pixels.data() +
           (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) *
               static_cast<std::size_t>(channels);
  }
};

/// The bytes of a PNG file.
std::string encode_png(const Image& image);

/// Throws FileError.
void write_png(const std::string& path, const Image& image);

}  // namespace shockstep
