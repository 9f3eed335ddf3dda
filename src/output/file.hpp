/// A text that grows into a file.
#pragma once

#include "core/part_file.hpp"

#include <string>
#include <string_view>

namespace shockstep {

/// Appends to a PartFile, in large writes.
class OutputFile {
 public:
  /// Throws FileError, as do all members.
  explicit OutputFile(const std::string& path) : file_(path) {}

  void write(std::string_view bytes);
  void close();

 private:
  void flush();

  PartFile file_;
  std::string waiting_;
  std::int64_t written_ = 0;
};

void write_file(const std::string& path, std::string_view bytes);

}  // namespace shockstep
