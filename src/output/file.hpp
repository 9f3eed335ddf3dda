/// A file that exists under its name only when it is complete.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace shockstep {

/// Writes `path`.part; close() renames it. Every write is checked. If close() is never reached, nothing is left.
class OutputFile {
 public:
  /// Throws FileError, as do all members.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  void close();

 private:
  [[noreturn]] void fail() const;

  std::string path_, part_;
  std::FILE* file_;
};

void write_file(const std::string& path, std::string_view bytes);

}  // namespace shockstep
