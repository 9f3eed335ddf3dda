#include "output/record_log.hpp"

#include <shockstep/error.hpp>

#include "core/bytes.hpp"
#include "core/input_file.hpp"
#include "core/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

namespace shockstep {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view magic = "SHKSTEP1";
constexpr std::size_t frame = 8, group = 64 << 10;
constexpr auto soon = 200ms;
constexpr auto safe = 5s;

std::uint32_t checksum(std::uint32_t length, std::string_view content) {
  const auto* bytes = reinterpret_cast<const Bytef*>(content.data());
  const uLong start = crc32(0, reinterpret_cast<const Bytef*>(&length), sizeof length);
  return static_cast<std::uint32_t>(crc32_z(start, bytes, content.size()));
}

// What a machine that lost power leaves of a file whose length alone had reached the disk.
bool zeros(std::string_view bytes) { return bytes.find_first_not_of('\0') == bytes.npos; }
bool zeros_from_here(std::FILE* file) {
  int byte = 0;
  while (byte == 0) byte = std::fgetc(file);
  return byte == EOF;
}

constexpr std::uint32_t longest_first =
    64 << 20;  // a length beyond that is damaged, and what follows may be worth keeping

}  // namespace

bool holds_records(const std::string& path) {
  if (!std::filesystem::exists(path)) return false;
  const InputFile file = open_to_read(path);
  std::string start(magic.size() + frame, '\0');
  start.resize(std::fread(start.data(), 1, start.size(), file.get()));
  if (!start.starts_with(magic.substr(0, start.size()))) return !zeros(start) || !zeros_from_here(file.get());
  if (start.size() < magic.size() + frame) return false;
  ByteReader reader(std::string_view(start).substr(magic.size()));
  const auto length = reader.take<std::uint32_t>(), sum = reader.take<std::uint32_t>();
  if (length > longest_first) return true;
  std::string record(length, '\0');
  if (std::fread(record.data(), 1, length, file.get()) != length) return false;
  if (checksum(length, record) == sum) return true;
  return !(record.empty() || record.back() == '\0') || !zeros_from_here(file.get());
}

RecordReader::RecordReader(const std::string& path) : path_(path), file_(open_to_read(path)) {
  const auto fail = [&](const std::string& sentence) { throw FileError(printable(path, 1000), sentence); };
  std::setvbuf(file_.get(), nullptr, _IOFBF, 1 << 18);
  if (fseeko(file_.get(), 0, SEEK_END) == 0) size_ = ftello(file_.get());
  if (fseeko(file_.get(), 0, SEEK_SET) != 0) fail(std::string("cannot be read: ") + std::strerror(errno));
  char start[magic.size()];
  if (std::fread(start, 1, sizeof start, file_.get()) != sizeof start || std::string_view(start, sizeof start) != magic)
    fail("is no journal of a run");
  whole_ = static_cast<std::int64_t>(magic.size());
}

bool RecordReader::next(std::string& record) {
  char head[frame];
  if (rest() < static_cast<std::int64_t>(frame) || std::fread(head, 1, frame, file_.get()) != frame) return false;
  ByteReader reader({head, frame});
  const auto length = reader.take<std::uint32_t>(), sum = reader.take<std::uint32_t>();
  if (length > rest() - static_cast<std::int64_t>(frame)) return false;
  record.resize(length);
  if (std::fread(record.data(), 1, length, file_.get()) != length || checksum(length, record) != sum) return false;
  whole_ += static_cast<std::int64_t>(frame + length);
  return true;
}

RecordLog::RecordLog(const std::string& path) : path_(path) {
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
  if (file_ < 0) fail();
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(file_);
    throw FileError(printable(path, 1000), "is being written by another process; wait for it, or take another --out");
  }
}

RecordLog::~RecordLog() {
  try {
    close();
  } catch (const FileError&) {  // whoever wants to know calls close()
  }
}

void RecordLog::begin(std::int64_t keep) {
  if (::ftruncate(file_, keep) != 0 || ::lseek(file_, keep, SEEK_SET) < 0) fail();
  if (keep == 0) waiting_ = magic;
  writer_ = std::thread([this] { write_in_background(); });
}

void RecordLog::append(std::string_view record) {
  if (record.size() > std::numeric_limits<std::uint32_t>::max())
    throw FileError(printable(path_, 1000), "cannot hold a trajectory of more than 4 GiB; set output.journal: off");
  const auto length = static_cast<std::uint32_t>(record.size());
  const std::uint32_t sum = checksum(length, record);
  const std::lock_guard lock(mutex_);
  if (error_) std::rethrow_exception(error_);
  append_bytes(waiting_, length);
  append_bytes(waiting_, sum);
  waiting_ += record;
  ends_.push_back(waiting_.size());
  if (waiting_.size() >= group) write_waiting();
}

void RecordLog::close() {
  if (file_ < 0) return;
  if (writer_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_one();
    writer_.join();
  }
  ::close(std::exchange(file_, -1));
  if (error_) std::rethrow_exception(error_);
}

void RecordLog::write_in_background() {
  auto synced = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  for (bool last = false; !last;) {
    last = wake_.wait_for(lock, soon, [this] { return closing_; });
    try {
      if (!error_) write_waiting();
      if (const auto now = std::chrono::steady_clock::now(); last || now - synced >= safe) {
        synced = now;
        lock.unlock();                                                 // a slow disk holds up nobody
        const bool done = ::fdatasync(file_) == 0 || errno == EINVAL;  // EINVAL: no disk behind it
        lock.lock();
        if (!done) fail();
      }
    } catch (const FileError&) {
      if (!error_) error_ = std::current_exception();
    }
  }
}

void RecordLog::write_waiting() {
  std::size_t done = 0;
  while (done < waiting_.size()) {
    const auto written = ::write(file_, waiting_.data() + done, waiting_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      try {
        fail();
      } catch (const FileError&) {
        error_ = std::current_exception();
        throw;
      }
    }
    done += static_cast<std::size_t>(written);
    for (; !ends_.empty() && ends_.front() <= done; ends_.pop_front()) ++kept_;
  }
  waiting_.clear();
}

void RecordLog::fail() const {
  throw FileError(printable(path_, 1000), std::string("cannot be written: ") + std::strerror(errno));
}

}  // namespace shockstep
