#include "core/part_file.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace shockstep {

bool synced(int file) { return ::fsync(file) == 0 || errno == EINVAL || errno == EROFS; }

void sync_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  // One that may be written but not listed cannot be opened, and so not be synced.
  const bool done = file >= 0 ? synced(file) : errno == EACCES;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (!done) throw FileError(printable(folder, 1000), std::string("cannot be synced: ") + std::strerror(reason));
}

PartFile::PartFile(const std::string& path) : path_(path), part_(path + ".part") {
  ::unlink(part_.c_str());
  file_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (file_ < 0) fail();
}

PartFile::~PartFile() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(part_.c_str());
}

void PartFile::put(const char* bytes, std::size_t count, std::int64_t offset) {
  while (count > 0) {
    const auto written = ::pwrite(file_, bytes, count, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail();
    bytes += written, count -= static_cast<std::size_t>(written), offset += written;
  }
}

void PartFile::resize(std::int64_t bytes) {
  if (::ftruncate(file_, bytes) != 0) fail();
}

void PartFile::close() {
  if (!synced(file_)) fail();  // before the name: after a power failure the name would else stand for an empty file
  if (::close(std::exchange(file_, -1)) == 0 && std::rename(part_.c_str(), path_.c_str()) == 0) return;
  const int reason = errno;
  ::unlink(part_.c_str());
  errno = reason;
  fail();
}

void PartFile::fail() const {
  throw FileError(printable(path_, 1000), std::string("cannot be written: ") + std::strerror(errno));
}

}  // namespace shockstep
