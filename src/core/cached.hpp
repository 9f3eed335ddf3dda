/// What was measured once and is the same every time: kept in a file, and read from it where it is there.
#pragma once

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace shockstep {

/// read(text) of the file `path`; where it is missing or damaged measure(), which is then written as text(value) if the
/// folder allows. Two processes may do so at once: the file appears complete or not at all. An empty path: measure().
template <class Read, class Measure, class Text>
auto cached(const std::string& path, Read read, Measure measure, Text text) -> decltype(measure()) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (path.empty()) return measure();
  if (fs::exists(path, ignored)) {
    try {
      return read(read_text(path, "cannot be read"));
    } catch (const FileError&) {
      // A file that cannot be read for any reason is measured anew.
    }
  }
  auto value = measure();
  fs::create_directories(fs::path(path).parent_path(), ignored);
  const std::string part = path + "." + std::to_string(::getpid()) + ".part";
  std::ofstream file(part, std::ios::binary);
  file << text(value);
  file.close();
  if (file.good())
    fs::rename(part, path, ignored);
  else
    fs::remove(part, ignored);
  return value;
}

}  // namespace shockstep
