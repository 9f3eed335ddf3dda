/// A file that exists under its name only when it is complete and on the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace shockstep {

/// Writes `path`.part; close() syncs it and gives it its name. Every write is checked. If close() is never reached, nothing is left.
class PartFile {
 public:
  /// A part that was left by a process that was killed goes away first; a link of that name is not followed. Throws FileError,
  /// as do all members.
  explicit PartFile(const std::string& path);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  void put(const char* bytes, std::size_t count, std::int64_t offset);
  void resize(std::int64_t bytes);
  void close();

 private:
  [[noreturn]] void fail() const;

  std::string path_, part_;
  int file_ = -1;
};

/// What was renamed into a folder or out of it is on the disk once this returns. Throws FileError.
void sync_folder(const std::string& folder);

/// Waits until the file's bytes are on the disk; false if they cannot be. A file with no disk behind it needs no waiting.
bool synced(int file);

}  // namespace shockstep
