#include "output/png.hpp"

#include <shockstep/error.hpp>

#include "output/file.hpp"

#include <png.h>

namespace shockstep {

std::string encode_png(const Image& image) {
  png_image head{};
  head.version = PNG_IMAGE_VERSION;
  head.width = static_cast<png_uint_32>(image.width);
  head.height = static_cast<png_uint_32>(image.height);
  head.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  std::string out(PNG_IMAGE_PNG_SIZE_MAX(head), '\0');
  png_alloc_size_t size = out.size();
  if (!png_image_write_to_memory(&head, out.data(), &size, 0, image.pixels.data(), 0, nullptr))
    throw Error(std::string("cannot make a PNG: ") + head.message);
  out.resize(size);
  return out;
}

void write_png(const std::string& path, const Image& image) { write_file(path, encode_png(image)); }

}  // namespace shockstep
