#include "output/file.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace shockstep {

OutputFile::OutputFile(const std::string& path)
    : path_(path), part_(path + ".part"), file_(std::fopen(part_.c_str(), "wb")) {
  if (!file_) fail();
  std::setvbuf(file_, nullptr, _IOFBF, 1 << 18);
}

OutputFile::~OutputFile() {
  if (!file_) return;
  std::fclose(file_);
  std::remove(part_.c_str());
}

void OutputFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) fail();
}

void OutputFile::close() {
  if (std::fflush(file_) != 0) fail();
  std::FILE* file = std::exchange(file_, nullptr);
  if (std::fclose(file) != 0 || std::rename(part_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    std::remove(part_.c_str());
    errno = reason;
    fail();
  }
}

void OutputFile::fail() const {
  throw FileError(printable(path_, 1000), std::string("cannot be written: ") + std::strerror(errno));
}

void write_file(const std::string& path, std::string_view bytes) {
  OutputFile file(path);
  file.write(bytes);
  file.close();
}

}  // namespace shockstep
