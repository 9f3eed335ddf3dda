#include "core/input_file.hpp"

#include <shockstep/error.hpp>

#include "core/text.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace shockstep {
namespace {

constexpr std::size_t piece_bytes = 4 << 20;

// A pipe has nothing to read before its writer writes, and one without a writer is at its end.
bool somebody_writes(int pipe, char& first, bool& has_first) {
  const auto got = ::read(pipe, &first, 1);
  has_first = got == 1;
  return has_first || (got < 0 && errno == EAGAIN);
}

InputFile open(const std::string& path, const std::string& sentence, bool pipes, std::string& begun) {
  const auto fail = [&](const std::string& what) { throw FileError(printable(path, 1000), what); };
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // or a FIFO waits here for its writer
  struct stat status{};
  if (file < 0 || ::fstat(file, &status) != 0) fail(sentence + ": " + std::strerror(errno));
  InputFile out(::fdopen(file, "rb"), &std::fclose);
  if (S_ISREG(status.st_mode)) return out;
  char first = 0;
  bool has_first = false;
  if (!pipes || !S_ISFIFO(status.st_mode) || !somebody_writes(file, first, has_first)) fail("is not a file");
  ::fcntl(file, F_SETFL, ::fcntl(file, F_GETFL) & ~O_NONBLOCK);
  if (has_first) begun.assign(1, first);
  return out;
}

}  // namespace

InputFile open_to_read(const std::string& path, const std::string& sentence) {
  std::string nothing;
  return open(path, sentence, false, nothing);
}

std::string read_text(const std::string& path, const std::string& sentence, std::size_t most) {
  std::string out;
  const InputFile file = open(path, sentence, true, out);
  char piece[1 << 14];
  while (out.size() < most) {
    const std::size_t got = std::fread(piece, 1, std::min(sizeof piece, most - out.size()), file.get());
    out.append(piece, got);
    if (got == 0) break;
  }
  if (std::ferror(file.get())) throw FileError(printable(path, 1000), sentence + ": " + std::strerror(errno));
  return out;
}

std::string hash(const std::string& bytes) {
  return boost::uuids::to_string(boost::uuids::name_generator_sha1(boost::uuids::ns::oid())(bytes));
}

std::string hash_of_file(const std::string& path) {
  const InputFile file = open_to_read(path);
  std::string piece(piece_bytes, '\0'), out;
  do {
    piece.resize(piece_bytes);
    piece.resize(std::fread(piece.data(), 1, piece.size(), file.get()));
    if (out.empty() || !piece.empty()) out = hash(out + piece);
  } while (piece.size() == piece_bytes);
  if (std::ferror(file.get())) throw FileError(printable(path, 1000), "cannot be read");
  return out;
}

}  // namespace shockstep
