/// What was measured once and is the same every time: kept in a file, and read from it where it is there.
#pragma once

#include <shockstep/error.hpp>

#include <optional>
#include <string>

namespace shockstep {

/// Writes `text` to the file, with a checksum and the request that it answers, which is the file's name without its ending; the folder
/// is made for its owner alone. Nothing happens where it cannot be written.
void keep(const std::string& path, const std::string& text);

/// What keep() wrote to this path; none if it is missing, not as it was written, or the answer to another request.
std::optional<std::string> kept(const std::string& path);

/// read(text) of what is kept; where there is nothing, or what read() refuses with a FileError, measure(), which is kept as
/// text(value). Two processes may do so at once: the file appears complete or not at all. An empty path: measure().
template <class Read, class Measure, class Text>
auto cached(const std::string& path, Read read, Measure measure, Text text) -> decltype(measure()) {
  if (path.empty()) return measure();
  if (const auto before = kept(path)) {
    try {
      return read(*before);
    } catch (const FileError&) {
      // Measured anew.
    }
  }
  auto value = measure();
  keep(path, text(value));
  return value;
}

}  // namespace shockstep
