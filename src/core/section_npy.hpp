/// A .npy file that a config names.
#pragma once

#include "core/npy.hpp"
#include "core/text.hpp"

#include <shockstep/config.hpp>
#include <shockstep/error.hpp>

#include <string>

namespace shockstep {

/// read_npy() of the path at `key`, whose FileErrors name the config and the key besides.
inline NpyArray section_npy(Section& section, const std::string& key, const ShapeCheck& check = {}) {
  const std::string path = section.path(key), file = section.file();
  try {
    return read_npy(path, check);
  } catch (const FileError& error) {
    throw FileError((file.empty() ? "" : printable(file, 1000) + ": ") + section.name(key), error.what());
  }
}

}  // namespace shockstep
