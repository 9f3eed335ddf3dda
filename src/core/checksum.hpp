/// Short texts that differ where bytes do.
#pragma once

#include <string>

namespace shockstep {

std::string checksum(const std::string& bytes);

/// Of the content. Throws FileError if it cannot be read.
std::string file_checksum(const std::string& path);

}  // namespace shockstep
